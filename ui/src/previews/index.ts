/** Previews: what the server gives of a file, shown so that nothing in it can do more than be read. */
export { FoldingView } from "./FoldingView";
export { PreviewView } from "./PreviewView";
export { previewStyles } from "./styles";
export { TableView } from "./TableView";
export { TextDiff } from "./TextDiff";
