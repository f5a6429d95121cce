import { useQuery } from "@tanstack/react-query";

import { answer, api } from "../../api/client";
import { Loaded } from "../../common/states";
import { useChange } from "../change";
import { proSubscriptionQuery, type Subscription } from "../queries";
import { SettingsForm, useSettings } from "./settings-form";
import { cleanTags, type Tag, tagProblems } from "./tags";
import { TagsEditor } from "./tags-editor";

const PATH = "resourceTags";

/** What the customer wants written on what Berth makes. */
export default function TagsTab({ subscription }: { subscription: Subscription }) {
  const order = useQuery(proSubscriptionQuery(subscription.id));
  const stored = order.data?.cloudDetails.flatMap(({ resourceTags }) => resourceTags) ?? [];
  return (
    <Loaded query={order} what="the tags">
      <Tags subscription={subscription} stored={stored} />
    </Loaded>
  );
}

function Tags({ subscription, stored }: { subscription: Subscription; stored: Tag[] }) {
  const body = (tags: Tag[]) => ({ resourceTags: cleanTags(tags) });
  const settings = useSettings({
    subscription,
    name: "tags",
    stored,
    problems: (tags) => tagProblems(tags, PATH),
    body,
    change: useChange((tags: Tag[]) =>
      answer(
        api.PUT("/v1/subscriptions/{id}/resource-tags", {
          params: { path: { id: subscription.id } },
          body: body(tags),
        }),
      ),
    ),
  });
  return (
    <SettingsForm
      title="Resource tags"
      description="Written in AWS on what is made from then on. What is there already keeps its tags."
      settings={settings}
    >
      <TagsEditor
        tags={settings.value}
        change={settings.edit}
        path={PATH}
        said={settings.said}
        disabled={settings.disabled}
      />
    </SettingsForm>
  );
}
