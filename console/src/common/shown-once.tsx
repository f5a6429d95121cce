import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import SpaceBetween from "@cloudscape-design/components/space-between";

import { Copy } from "./copy";
import { Dialog } from "./dialog";

interface Props {
  title: string;
  /** What there is to keep, by its name. */
  values: Record<string, string>;
  onClose: () => void;
}

/** Secrets that no one can look up again. */
export function ShownOnce({ title, values, onClose }: Props) {
  return (
    <Dialog
      title={title}
      close=""
      persistent
      primary={{ text: "I have kept it", onClick: onClose }}
      onClose={onClose}
    >
      <SpaceBetween size="m">
        <Alert type="warning">This is shown once. Copy it now and keep it where secrets belong.</Alert>
        {Object.entries(values).map(([name, value]) => (
          <div key={name} role="group" aria-label={name}>
            <Box variant="awsui-key-label">{name}</Box>
            <Copy
              variant="inline"
              textToCopy={value}
              textToDisplay={value}
              copyButtonAriaLabel={`Copy ${name}`}
            />
          </div>
        ))}
      </SpaceBetween>
    </Dialog>
  );
}
