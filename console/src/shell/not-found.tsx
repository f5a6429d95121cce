import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";

import { useFollow } from "../common/follow";

export default function NotFound() {
  const follow = useFollow();
  return (
    <Alert
      type="info"
      header="There is no such page"
      action={
        <Button href="/" onFollow={follow}>
          Go to the start
        </Button>
      }
    >
      The address may have been mistyped, or the page may be gone.
    </Alert>
  );
}
