import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import { Component, type ReactNode } from "react";

/** A page that broke says so instead of leaving a blank one. */
export class Boundary extends Component<{ children: ReactNode }, { broken: Error | null }> {
  override state: { broken: Error | null } = { broken: null };

  static getDerivedStateFromError(broken: Error) {
    return { broken };
  }

  override render() {
    const { broken } = this.state;
    if (!broken) return this.props.children;
    return (
      <Alert
        type="error"
        header="This page could not be shown"
        action={<Button onClick={() => location.reload()}>Load it again</Button>}
      >
        {/* A deployment in between leaves an open page asking for files that are gone. */}
        Berth may have been updated since you opened the console. ({broken.message})
      </Alert>
    );
  }
}
