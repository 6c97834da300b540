import { useEffect, useRef, type ReactElement } from "react";
import type { Scope } from "./api";
import { ArtifactScreen, NoSuchAddress } from "./artifact/ArtifactScreen";
import { BrowserScreen } from "./browser/BrowserScreen";
import { CompareScreen } from "./compare/CompareScreen";
import { NavigationProvider, useView, type Navigation } from "./routing/navigation";
import { formatRef } from "./routing/view";
import { ScopeScreen } from "./scope/ScopeScreen";
import { Styles } from "./Styles";

/** All of it: what a scope made, or everything if there is none, and the artifact that the address names. */
export function App({ scope, navigation }: { scope: Scope | null; navigation: Navigation }): ReactElement {
  return (
    <NavigationProvider navigation={navigation}>
      <Styles />
      <Screen scope={scope} isNamed={navigation.parameters.has("artifact")} />
    </NavigationProvider>
  );
}

function Screen({ scope, isNamed }: { scope: Scope | null; isNamed: boolean }): ReactElement {
  const { artifact, compare } = useView().view;
  const key = artifact ? formatRef(artifact) : "";
  const root = useFocusOn(`${key} ${compare ?? ""}`);
  return <div className="aa-root" ref={root}>{content()}</div>;

  function content(): ReactElement {
    if (artifact && compare !== null) return <CompareScreen key={`${key} ${compare}`} item={artifact} other={compare} />;
    if (artifact) return <ArtifactScreen key={key} item={artifact} />;
    if (isNamed) return <NoSuchAddress />;
    return scope ? <ScopeScreen scope={scope} /> : <BrowserScreen />;
  }
}

/** Moves the focus to the heading of a screen that follows another, as a new page would. */
function useFocusOn(screen: string): React.RefObject<HTMLDivElement | null> {
  const root = useRef<HTMLDivElement>(null);
  const before = useRef(screen);
  useEffect(() => {
    if (before.current === screen) return;
    before.current = screen;
    root.current?.querySelector<HTMLElement>("h2")?.focus();
  }, [screen]);
  return root;
}
