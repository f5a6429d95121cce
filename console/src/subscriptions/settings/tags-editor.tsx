import Alert from "@cloudscape-design/components/alert";
import AttributeEditor from "@cloudscape-design/components/attribute-editor";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";

import { replaced, without } from "../../common/lists";
import { MOST_TAGS, type Tag } from "./tags";

interface Props {
  tags: Tag[];
  change: (tags: Tag[]) => void;
  /** Where the tags stand in the request's body. */
  path: string;
  said: (path: string, parts?: "with-parts" | "alone") => string;
  disabled?: boolean;
}

/** Keys and values to be written on what Berth makes. */
export function TagsEditor({ tags, change, path, said, disabled }: Props) {
  const all = said(path, "alone");
  const part = (name: keyof Tag, label: string, placeholder: string) => ({
    label,
    errorText: (_: Tag, at: number) => said(`${path}[${at}].${name}`) || undefined,
    control: (tag: Tag, at: number) => (
      <Input
        value={tag[name]}
        disabled={disabled}
        autoComplete="off"
        placeholder={placeholder}
        onChange={({ detail }) => change(replaced(tags, at, { [name]: detail.value }))}
      />
    ),
  });
  return (
    <SpaceBetween size="s">
      {all !== "" && <Alert type="error">{all}</Alert>}
      <AttributeEditor
        items={tags}
        empty="No tags."
        addButtonText="Add tag"
        removeButtonText="Remove"
        removeButtonAriaLabel={({ key }) => `Remove the tag ${key}`}
        disableAddButton={disabled || tags.length >= MOST_TAGS}
        isItemRemovable={() => !disabled}
        additionalInfo={`${tags.length} of at most ${MOST_TAGS} tags. Keys that begin with aws: or berth: are not yours to set.`}
        onAddButtonClick={() => change([...tags, { key: "", value: "" }])}
        onRemoveButtonClick={({ detail }) => change(without(tags, detail.itemIndex))}
        definition={[part("key", "Key", "team"), part("value", "Value", "shop")]}
      />
    </SpaceBetween>
  );
}
