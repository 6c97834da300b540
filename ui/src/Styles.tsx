import type { ReactElement } from "react";
import { previewStyles } from "./previews";
import text from "./style.css?inline";

/** The rules of style.css and of the previews. React puts them into the head of the document, once for all that ask. */
export const Styles = (): ReactElement => (
  <style href="airflow-artifacts" precedence="medium">{`${text}\n${previewStyles}`}</style>
);
