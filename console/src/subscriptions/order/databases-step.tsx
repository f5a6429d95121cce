import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Checkbox from "@cloudscape-design/components/checkbox";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";

import { replaced, without } from "../../common/lists";
import { THROUGHPUTS } from "../words";
import { OneOf } from "./one-of";
import { type DatabaseForm, MOST_DATABASES, NEW_DATABASE } from "./order";
import type { StepProps } from "./steps";

const PROTOCOLS: Record<DatabaseForm["protocol"], string> = { redis: "Redis", memcached: "Memcached" };
const PROTOCOL_OPTIONS = options(PROTOCOLS);
const SIZES = [
  { value: "dataset", label: "GB of data", description: "Replication comes on top." },
  { value: "limit", label: "GB of memory", description: "In all, replication included." },
];
const UNIT_OPTIONS = options(THROUGHPUTS);

function options(words: Record<string, string>) {
  return Object.entries(words).map(([value, label]) => ({ value, label }));
}

export function DatabasesStep({ form, change, said }: StepProps) {
  const { databases } = form;
  const replace = (at: number, patch: Partial<DatabaseForm>) =>
    change({ databases: replaced(databases, at, patch) });

  return (
    <SpaceBetween size="l">
      <Alert type={said("databases", "alone") === "" ? "info" : "error"}>
        {said("databases", "alone") ||
          "These databases size what is built: the number and type of nodes. Berth does not run databases yet; it keeps them as planned."}
      </Alert>
      {databases.map((one, at) => (
        <OneOf
          key={at}
          title={one.name || `Database ${at + 1}`}
          removed={one.name || `database ${at + 1}`}
          remove={databases.length > 1 ? () => change({ databases: without(databases, at) }) : undefined}
        >
          <Database one={one} path={`databases[${at}]`} said={said} change={(patch) => replace(at, patch)} />
        </OneOf>
      ))}
      <Button
        iconName="add-plus"
        formAction="none"
        disabled={databases.length >= MOST_DATABASES}
        onClick={() =>
          change({ databases: [...databases, { ...NEW_DATABASE, name: `database-${databases.length + 1}` }] })
        }
      >
        Add database
      </Button>
    </SpaceBetween>
  );
}

interface Props {
  one: DatabaseForm;
  path: string;
  said: StepProps["said"];
  change: (patch: Partial<DatabaseForm>) => void;
}

function Database({ one, path, said, change }: Props) {
  const chosen = (options: { value: string; label: string }[], value: string) =>
    options.find((option) => option.value === value) ?? null;
  const size = said(`${path}.datasetSizeInGb`) || said(`${path}.memoryLimitInGb`);
  return (
    <ColumnLayout columns={2}>
      <FormField label="Database name" errorText={said(`${path}.name`)}>
        <Input
          value={one.name}
          autoComplete="off"
          onChange={({ detail }) => change({ name: detail.value })}
        />
      </FormField>
      <FormField label="Protocol" errorText={said(`${path}.protocol`)}>
        <Select
          options={PROTOCOL_OPTIONS}
          selectedOption={chosen(PROTOCOL_OPTIONS, one.protocol)}
          onChange={({ detail }) =>
            change({ protocol: detail.selectedOption.value as DatabaseForm["protocol"] })
          }
        />
      </FormField>
      <FormField label="Size" errorText={size}>
        <div className="pair">
          <Input
            value={one.size}
            inputMode="decimal"
            onChange={({ detail }) => change({ size: detail.value })}
          />
          <Select
            ariaLabel="Size counts"
            options={SIZES}
            selectedOption={chosen(SIZES, one.sizeOf)}
            onChange={({ detail }) =>
              change({ sizeOf: detail.selectedOption.value as DatabaseForm["sizeOf"] })
            }
          />
        </div>
      </FormField>
      <FormField label="Throughput" errorText={said(`${path}.throughputMeasurement`)}>
        <div className="pair">
          <Input
            value={one.throughput}
            inputMode="numeric"
            onChange={({ detail }) => change({ throughput: detail.value })}
          />
          <Select
            ariaLabel="Throughput counts"
            options={UNIT_OPTIONS}
            selectedOption={chosen(UNIT_OPTIONS, one.by)}
            onChange={({ detail }) => change({ by: detail.selectedOption.value as DatabaseForm["by"] })}
          />
        </div>
      </FormField>
      <FormField
        label="Quantity"
        description="How many databases alike."
        errorText={said(`${path}.quantity`)}
      >
        <Input
          value={one.quantity}
          inputMode="numeric"
          onChange={({ detail }) => change({ quantity: detail.value })}
        />
      </FormField>
      <FormField label="High availability">
        <Checkbox
          checked={one.replication}
          onChange={({ detail }) => change({ replication: detail.checked })}
        >
          Replication
        </Checkbox>
      </FormField>
    </ColumnLayout>
  );
}
