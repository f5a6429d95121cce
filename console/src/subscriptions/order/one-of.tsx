import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import type { ReactNode } from "react";

interface Props {
  title: string;
  /** What is removed by its button, which is there only when it may be. */
  removed: string;
  remove?: () => void;
  children: ReactNode;
}

/** One of several regions or databases, which can be removed while another is left. */
export function OneOf({ title, removed, remove, children }: Props) {
  const button = remove && (
    <Button formAction="none" ariaLabel={`Remove ${removed}`} onClick={remove}>
      Remove
    </Button>
  );
  return (
    <Container
      header={
        <Header variant="h2" actions={button}>
          <span className="isolated">{title}</span>
        </Header>
      }
    >
      {children}
    </Container>
  );
}
