import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";

import { Copy } from "../../common/copy";
import { download } from "../../common/download";

/** A text to copy, or to save under `fileName`. */
export function Code({ text, label, fileName }: { text: string; label: string; fileName?: string }) {
  return (
    <SpaceBetween size="xs">
      <SpaceBetween direction="horizontal" size="xs">
        <Copy copyButtonText={`Copy ${label}`} textToCopy={text} />
        {fileName && (
          <Button iconName="download" onClick={() => download(fileName, "text/plain", text)}>
            Download {fileName}
          </Button>
        )}
      </SpaceBetween>
      <Box>
        <pre className="code framed" tabIndex={0} role="group" aria-label={label}>
          {text}
        </pre>
      </Box>
    </SpaceBetween>
  );
}
