import CopyToClipboard, { type CopyToClipboardProps } from "@cloudscape-design/components/copy-to-clipboard";

/** A button that copies a text. */
export function Copy(props: Omit<CopyToClipboardProps, "copySuccessText" | "copyErrorText">) {
  return (
    <CopyToClipboard
      {...props}
      copySuccessText="Copied"
      copyErrorText="Could not be copied: select the text instead"
    />
  );
}
