import type { ReactElement } from "react";
import { fileUrl, type FileItem, type VersionRef } from "../api";
import { Size } from "../parts/Facts";
import { ViewLink } from "../parts/ViewLink";
import { sizeOf, type Folder } from "./tree";

interface Props {
  item: VersionRef;
  folder: Folder;
  /** The path of the file that is shown. */
  shown: string | undefined;
  isServed: boolean;
}

/** Lists in lists; a folder opens and closes as the browser has it, with the keyboard too. */
export function FileTree({ item, folder, shown, isServed }: Props): ReactElement {
  return (
    <ul className="aa-tree">
      {folder.folders.map((child) => (
        <li key={child.path}>
          <details open={shown?.startsWith(`${child.path}/`) ?? false}>
            <summary>
              {`${child.name}/`} <Size bytes={sizeOf(child)} />
            </summary>
            <FileTree {...{ item, shown, isServed }} folder={child} />
          </details>
        </li>
      ))}
      {folder.files.map(({ name, file }) => (
        <FileEntry key={file.path} {...{ item, name, file, isServed }} isShown={file.path === shown} />
      ))}
    </ul>
  );
}

interface EntryProps {
  item: VersionRef;
  name: string;
  file: FileItem;
  isShown: boolean;
  isServed: boolean;
}

const FileEntry = ({ item, name, file, isShown, isServed }: EntryProps): ReactElement => (
  <li className={isShown ? "aa-file aa-current" : "aa-file"}>
    {isServed ? <ViewLink change={{ file: file.path }} isCurrent={isShown}>{name}</ViewLink> : <span>{name}</span>}
    <Size bytes={file.size} />
    {isServed ? (
      <a href={fileUrl(item, file.path)} download aria-label={`Download ${file.path}`}>Download</a>
    ) : null}
  </li>
);
