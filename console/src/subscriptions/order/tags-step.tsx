import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";

import { TagsEditor } from "../settings/tags-editor";
import { TAGS_PATH } from "./order";
import type { StepProps } from "./steps";

export function TagsStep({ form, change, said }: StepProps) {
  return (
    <Container
      header={
        <Header
          variant="h2"
          description="Written in AWS on everything that is built, besides Berth's own tags."
        >
          Resource tags
        </Header>
      }
    >
      <TagsEditor tags={form.tags} change={(tags) => change({ tags })} path={TAGS_PATH} said={said} />
    </Container>
  );
}
