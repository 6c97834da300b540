/** Files as a tree of folders. */
import type { FileItem } from "../api";

export interface Folder {
  /** Its name; of folders that have nothing but each other, the names with `/` between them. */
  name: string;
  path: string;
  folders: Folder[];
  files: { name: string; file: FileItem }[];
}

/** Builds the tree, folders and files in the order in which they come. */
export function treeOf(files: FileItem[]): Folder {
  const root = folder("", "");
  const known = new Map<string, Folder>([["", root]]);
  for (const file of files) {
    const segments = file.path.split("/");
    const name = segments.pop() ?? file.path;
    parentOf(segments, known, root).files.push({ name, file });
  }
  return joined(root);
}

const folder = (name: string, path: string): Folder => ({ name, path, folders: [], files: [] });

function parentOf(segments: string[], known: Map<string, Folder>, root: Folder): Folder {
  let parent = root;
  let path = "";
  for (const segment of segments) {
    path = path ? `${path}/${segment}` : segment;
    let child = known.get(path);
    if (!child) {
      child = folder(segment, path);
      known.set(path, child);
      parent.folders.push(child);
    }
    parent = child;
  }
  return parent;
}

/** Makes one of a folder and the only thing in it, a folder, so that a long path is not as many levels. */
function joined(of: Folder): Folder {
  return { ...of, folders: of.folders.map((child) => joined(only(child))) };
}

function only(of: Folder): Folder {
  let found = of;
  while (found.files.length === 0 && found.folders.length === 1 && found.folders[0]) {
    const child: Folder = found.folders[0];
    found = { ...child, name: `${found.name}/${child.name}` };
  }
  return found;
}

/** Bytes of all files below a folder. */
export const sizeOf = (of: Folder): number =>
  of.files.reduce((sum, { file }) => sum + file.size, 0) + of.folders.reduce((sum, child) => sum + sizeOf(child), 0);
