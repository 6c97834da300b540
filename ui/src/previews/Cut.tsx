import type { ReactElement, ReactNode } from "react";
import { fileUrl, type FileItem, type VersionRef } from "../api";

export interface Source {
  item: VersionRef;
  file: FileItem;
}

export const Download = ({ item, file }: Source): ReactElement => (
  <a href={fileUrl(item, file.path)}>{`Download ${file.path}`}</a>
);

/** Says that something is not all, and where all of it is. */
export const Cut = ({ item, file, children }: Source & { children: ReactNode }): ReactElement => (
  <p className="aa-preview-cut">{children} <Download item={item} file={file} /></p>
);
