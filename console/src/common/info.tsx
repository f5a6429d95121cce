import Button from "@cloudscape-design/components/button";
import Popover from "@cloudscape-design/components/popover";

/** The information icon beside a field: what is asked for. */
export function Info({ header, label, text }: { header: string; label: string; text: string }) {
  return (
    <Popover header={header} triggerType="custom" dismissAriaLabel="Close" renderWithPortal content={text}>
      <Button variant="inline-icon" formAction="none" iconName="status-info" ariaLabel={label} />
    </Popover>
  );
}
