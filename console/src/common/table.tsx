// A table with filter, sorting, pages and preferences, as all lists here have.
import { useCollection } from "@cloudscape-design/collection-hooks";
import CollectionPreferences from "@cloudscape-design/components/collection-preferences";
import Header from "@cloudscape-design/components/header";
import Pagination from "@cloudscape-design/components/pagination";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import { type ReactNode, useState } from "react";

import { Empty } from "./states";

const PAGE_SIZES = [10, 25, 50, 100];

interface Props<T> {
  /** What is listed, in the plural: "cloud accounts". */
  what: string;
  title: string;
  description?: ReactNode;
  items: readonly T[];
  columns: TableProps.ColumnDefinition<T>[];
  rowId: (item: T) => string;
  /** What the text filter looks at. */
  searched: (item: T) => string;
  empty: ReactNode;
  actions?: ReactNode;
  /** Besides the text filter. */
  filters?: ReactNode;
  /** After the number of items: "+" when there are more. */
  counterSuffix?: string;
  selection?: { id: string | null; change: (id: string | null) => void; label: (item: T) => string };
}

/** The column that tells one from another. */
export function nameColumn<T extends { name: string }>(header = "Name"): TableProps.ColumnDefinition<T> {
  const cell = ({ name }: T) => <span className="isolated">{name}</span>;
  return { id: "name", header, sortingField: "name", isRowHeader: true, cell };
}

export function ListTable<T>(props: Props<T>) {
  const { what, title, items, rowId, searched, selection } = props;
  const key = `berth.page-size.${what}`;
  const [pageSize, setPageSize] = useState(() => Number(localStorage.getItem(key)) || 10);
  const {
    items: shown,
    filteredItemsCount = 0,
    collectionProps,
    filterProps,
    paginationProps,
  } = useCollection(items, {
    filtering: {
      filteringFunction: (item, text) => searched(item).toLowerCase().includes(text.trim().toLowerCase()),
      empty: props.empty,
      noMatch: <Empty title={`No ${what} match`} hint="Try another text, or clear the filter." />,
    },
    pagination: { pageSize },
    sorting: {},
  });
  const selected = selection && items.filter((item) => rowId(item) === selection.id);

  return (
    <Table
      {...collectionProps}
      items={shown}
      columnDefinitions={props.columns}
      trackBy={rowId}
      selectionType={selection && "single"}
      selectedItems={selected}
      onSelectionChange={({ detail }) => {
        const [item] = detail.selectedItems;
        selection?.change(item === undefined ? null : rowId(item));
      }}
      onRowClick={({ detail }) => selection?.change(rowId(detail.item))}
      ariaLabels={{
        tableLabel: title,
        selectionGroupLabel: `Choose one of the ${what}`,
        itemSelectionLabel: (_, item) => `Select ${selection?.label(item)}`,
      }}
      wrapLines
      renderAriaLive={({ firstIndex, lastIndex, totalItemsCount }) =>
        `Showing ${firstIndex} to ${lastIndex} of ${totalItemsCount} ${what}`
      }
      firstIndex={((paginationProps.currentPageIndex ?? 1) - 1) * pageSize + 1}
      totalItemsCount={filteredItemsCount}
      header={
        <Header
          variant="h2"
          counter={`(${items.length}${props.counterSuffix ?? ""})`}
          description={props.description}
          actions={props.actions}
        >
          {title}
        </Header>
      }
      filter={
        <div className="filters">
          <TextFilter
            {...filterProps}
            filteringPlaceholder={`Find ${what}`}
            filteringAriaLabel={`Find ${what}`}
            countText={`${filteredItemsCount} ${filteredItemsCount === 1 ? "match" : "matches"}`}
          />
          {props.filters}
        </div>
      }
      pagination={
        <Pagination
          {...paginationProps}
          ariaLabels={{
            nextPageLabel: "Next page",
            previousPageLabel: "Previous page",
            pageLabel: (page) => `Page ${page}`,
          }}
        />
      }
      preferences={
        <CollectionPreferences
          title="Preferences"
          confirmLabel="Confirm"
          cancelLabel="Cancel"
          preferences={{ pageSize }}
          pageSizePreference={{
            title: "Items per page",
            options: PAGE_SIZES.map((value) => ({ value, label: `${value} ${what}` })),
          }}
          onConfirm={({ detail }) => {
            const size = detail.pageSize ?? 10;
            localStorage.setItem(key, String(size));
            setPageSize(size);
          }}
        />
      }
    />
  );
}
