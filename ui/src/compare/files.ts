/** Which files of two versions belong together, and how two previews can be compared. */
import type { FileItem, Preview, TablePreview, TextPreview } from "../api";

export interface FilePair {
  path: string;
  left: FileItem;
  right: FileItem;
}

/** Files with the same path. Where each version has only one file, those two, whatever they are called. */
export function pairsOf(left: FileItem[], right: FileItem[]): FilePair[] {
  const inRight = new Map(right.map((file) => [file.path, file]));
  const pairs = left.flatMap((file) => {
    const other = inRight.get(file.path);
    return other ? [{ path: file.path, left: file, right: other }] : [];
  });
  const [one, other] = [left[0], right[0]];
  if (left.length !== 1 || right.length !== 1 || !one || !other) return pairs;
  return [{ path: one.path, left: one, right: other }];
}

export const isText = (preview: Preview): preview is TextPreview => "text" in preview;

export const isTable = (preview: Preview): preview is TablePreview => preview.type === "table";
