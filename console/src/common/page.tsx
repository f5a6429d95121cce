import BreadcrumbGroup from "@cloudscape-design/components/breadcrumb-group";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import { type ReactNode, useEffect } from "react";

import { useFollow } from "./follow";

interface Props {
  title: string;
  description?: ReactNode;
  actions?: ReactNode;
  /** The pages above this one. */
  above?: { text: string; href: string }[];
  children: ReactNode;
}

/** A page: breadcrumbs, heading, content. */
export function Page({ title, description, actions, above = [], children }: Props) {
  const follow = useFollow();
  useEffect(() => {
    document.title = `${title} · Berth`;
  }, [title]);
  return (
    <ContentLayout
      breadcrumbs={
        <BreadcrumbGroup
          items={[{ text: "Berth", href: "/" }, ...above, { text: title, href: "" }]}
          onFollow={follow}
        />
      }
      header={
        <Header variant="h1" description={description} actions={actions}>
          <span className="isolated">{title}</span>
        </Header>
      }
    >
      {children}
    </ContentLayout>
  );
}
