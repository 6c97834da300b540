import { useCallback, useMemo, type ReactElement } from "react";
import { getPreview, type Detail, type FileItem } from "../api";
import { formatCount } from "../format";
import { Loading } from "../parts/Loading";
import { Section } from "../parts/Section";
import { PreviewView } from "../previews";
import { useLoaded } from "../useLoaded";
import { FileTree } from "./FileTree";
import { treeOf } from "./tree";

/** The files of a version, one of them shown. */
export function FilesSection({ detail, chosen }: { detail: Detail; chosen: string | null }): ReactElement {
  const { files } = detail;
  const shown = files.find(({ path }) => path === chosen) ?? (chosen === null ? files[0] : undefined);
  return (
    <>
      <Section title={shown ? `Preview of ${shown.path}` : "Preview"}>
        <Shown detail={detail} file={shown} chosen={chosen} />
      </Section>
      <Section title="Files">
        <Tree detail={detail} shown={shown?.path} />
      </Section>
    </>
  );
}

function Tree({ detail, shown }: { detail: Detail; shown: string | undefined }): ReactElement {
  const tree = useMemo(() => treeOf(detail.files), [detail.files]);
  if (detail.file_count === 0) return <p className="aa-empty">It has no files.</p>;
  return (
    <>
      <FileTree item={detail} folder={tree} shown={shown} isServed={detail.is_served} />
      {detail.file_count > detail.files.length ? (
        <p className="aa-note">
          {`The first ${formatCount(detail.files.length)} of ${formatCount(detail.file_count)} files. The zip has all.`}
        </p>
      ) : null}
    </>
  );
}

function Shown({ detail, file, chosen }: { detail: Detail; file: FileItem | undefined; chosen: string | null }): ReactElement {
  if (!detail.is_served) {
    return <p className="aa-empty">Its files are kept where this server may not read. Open them at the address above.</p>;
  }
  if (!file) return <p className="aa-empty">{chosen === null ? "It has no files." : `${chosen} is not in the list of files.`}</p>;
  return <LoadedPreview key={file.path} detail={detail} file={file} />;
}

export function LoadedPreview({ detail, file }: { detail: Detail; file: FileItem }): ReactElement {
  const { name, version } = detail;
  const load = useCallback(
    (signal: AbortSignal) => getPreview({ name, version }, file.path, signal),
    [name, version, file.path],
  );
  const found = useLoaded(load);
  return <Loading of={found}>{(preview) => <PreviewView item={detail} file={file} preview={preview} />}</Loading>;
}
