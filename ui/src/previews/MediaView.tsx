import { useState, type ReactElement } from "react";
import { fileUrl, type MediaPreview } from "../api";
import { Download, type Source } from "./Cut";

function ImageView({ file, url, onError }: { file: Source["file"]; url: string; onError: () => void }): ReactElement {
  const [size, setSize] = useState<string | null>(null);
  return (
    <figure className="aa-picture">
      <img
        src={url}
        alt={file.path}
        onError={onError}
        onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) => setSize(`${naturalWidth} × ${naturalHeight} pixels`)}
      />
      <figcaption className="aa-preview-note">{size}</figcaption>
    </figure>
  );
}

function Frame({ type, file, url }: { type: "pdf" | "html"; file: Source["file"]; url: string }): ReactElement {
  const title = `Content of ${file.path}`;
  if (type === "pdf") return <iframe className="aa-frame" src={url} title={title} referrerPolicy="no-referrer" />;
  return (
    <>
      <p className="aa-preview-note">Scripts and content from elsewhere are off in this preview.</p>
      <iframe className="aa-frame" sandbox="" src={url} title={title} referrerPolicy="no-referrer" />
    </>
  );
}

const NOUNS = { image: "image", audio: "sound", video: "video" };

/** What the browser itself shows, from the server's URL for that. */
export function MediaView({ item, file, type }: Source & { type: MediaPreview["type"] }): ReactElement {
  const [isBroken, setBroken] = useState(false);
  const url = fileUrl(item, file.path, true);
  const onError = () => setBroken(true);
  const media = { controls: true, preload: "metadata", src: url, "aria-label": file.path, onError } as const;
  if (type === "pdf" || type === "html") {
    return (
      <>
        <Frame type={type} file={file} url={url} />
        <p><Download item={item} file={file} /></p>
      </>
    );
  }
  if (isBroken) return <p role="alert">{`The ${NOUNS[type]} cannot be shown.`} <Download item={item} file={file} /></p>;
  if (type === "image") return <ImageView file={file} url={url} onError={onError} />;
  // Nobody has made captions for what a task has made.
  /* eslint-disable jsx-a11y/media-has-caption */
  return type === "audio" ? <audio className="aa-media" {...media} /> : <video className="aa-media" {...media} />;
}
