import type { ReactElement } from "react";
import type { Page } from "../api";
import { useView } from "../routing/navigation";
import { PAGE_SIZE } from "../routing/view";
import { ArtifactTable } from "./ArtifactTable";
import type { Naming } from "./Facts";
import { Paging } from "./Paging";

/** A page of a list of artifacts, which the server sorts, and the way to the other pages. */
export function PagedArtifacts({ page, caption, naming }: { page: Page; caption: string; naming: Naming }): ReactElement {
  const { view, change } = useView();
  return (
    <>
      <ArtifactTable items={page.items} caption={caption} naming={naming} isSortable />
      <Paging
        total={page.total}
        size={PAGE_SIZE}
        page={view.page}
        onPage={(next) => { change({ page: next }); }}
        label="artifacts"
      />
    </>
  );
}
