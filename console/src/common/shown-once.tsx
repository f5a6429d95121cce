import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";

interface Props {
  title: string;
  /** What there is to keep, by its name. */
  values: Record<string, string>;
  onClose: () => void;
}

/** Secrets that no one can look up again. */
export function ShownOnce({ title, values, onClose }: Props) {
  return (
    <Modal
      visible
      header={title}
      closeAriaLabel="Close"
      onDismiss={onClose}
      footer={
        <Box float="right">
          <Button variant="primary" onClick={onClose}>
            I have kept it
          </Button>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <Alert type="warning">This is shown once. Copy it now and keep it where secrets belong.</Alert>
        {Object.entries(values).map(([name, value]) => (
          <div key={name} role="group" aria-label={name}>
            <Box variant="awsui-key-label">{name}</Box>
            <CopyToClipboard
              variant="inline"
              textToCopy={value}
              textToDisplay={value}
              copyButtonAriaLabel={`Copy ${name}`}
              copySuccessText="Copied"
              copyErrorText="Could not be copied: select the text instead"
            />
          </div>
        ))}
      </SpaceBetween>
    </Modal>
  );
}
