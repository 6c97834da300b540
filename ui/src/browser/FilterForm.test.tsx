// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import type { ReactElement } from "react";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Facets } from "../api";
import { useHistoryNavigation } from "../routing/history";
import { NavigationProvider } from "../routing/navigation";
import { FilterForm } from "./FilterForm";

const FACETS: Facets = { kinds: [], tags: ["new", "old", "so  red"], dag_ids: [], task_ids: [], metadata_keys: ["accuracy"] };

function Form(): ReactElement {
  return (
    <NavigationProvider navigation={useHistoryNavigation()}>
      <FilterForm />
    </NavigationProvider>
  );
}

async function show(query = ""): Promise<void> {
  history.replaceState(null, "", `?${query}`);
  const { container } = render(<Form />);
  await waitFor(() => { expect(container.querySelector("datalist option")).not.toBeNull(); });
}

const address = () => location.search.slice(1);
const tagField = () => screen.getByLabelText<HTMLSelectElement>("Tag");
const conditionField = () => screen.getByLabelText<HTMLInputElement>("Metadata");
const removal = (name: string) => screen.getByRole("button", { name: `Remove ${name}` });
const chips = () => screen.queryAllByRole("listitem").map(({ textContent }) => textContent);
const choices = () => within(tagField()).getAllByRole("option").map(({ textContent }) => textContent);
const type = (text: string) => fireEvent.change(conditionField(), { target: { value: text } });

beforeEach(() => { vi.stubGlobal("fetch", vi.fn(() => Promise.resolve(Response.json(FACETS)))); });
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("tags", () => {
  test("are added one after the other, and then no choice any more", async () => {
    await show("q=x");
    expect(choices()).toEqual(["any", "new", "old", "so  red"]);
    fireEvent.change(tagField(), { target: { value: "so  red" } });
    fireEvent.change(tagField(), { target: { value: "new" } });
    expect(address()).toBe("q=x&tag=so++red&tag=new");
    expect(chips()).toEqual(["tag so  red ×", "tag new ×"]);
    expect(tagField().value).toBe("");
    expect(choices()).toEqual(["add another", "old"]);
  });

  test("that nothing has can be removed as well", async () => {
    await show("tag=gone&tag=old");
    fireEvent.click(removal("tag gone"));
    expect(address()).toBe("tag=old");
  });

  test.each(["ArrowDown", "End", "r"])("are not added by %s while their list is closed, which opens it", async (key) => {
    await show();
    const showPicker = vi.fn();
    Object.assign(tagField(), { showPicker });
    expect(fireEvent.keyDown(tagField(), { key })).toBe(false);
    expect(showPicker).toHaveBeenCalledOnce();
  });

  test("are chosen by the browser while their list is open", async () => {
    await show();
    const field = tagField();
    Object.assign(field, { showPicker: expect.unreachable, matches: (selector: string) => selector === ":open" });
    expect(fireEvent.keyDown(field, { key: "ArrowDown" })).toBe(true);
  });

  test.each([{ key: "Tab" }, { key: "r", ctrlKey: true }])("leave %j to the browser", async (event) => {
    await show();
    Object.assign(tagField(), { showPicker: expect.unreachable });
    expect(fireEvent.keyDown(tagField(), event)).toBe(true);
  });
});

describe("conditions", () => {
  test("count when they are added, not while they are typed", async () => {
    await show("meta=a%3E1");
    type(" accuracy>=0.9 ");
    expect(chips()).toEqual(["condition a>1 ×"]);
    fireEvent.click(screen.getByRole("button", { name: "Add condition" }));
    expect(new URLSearchParams(address()).getAll("meta")).toEqual(["a>1", "accuracy>=0.9"]);
    expect(chips()).toEqual(["condition a>1 ×", "condition accuracy>=0.9 ×"]);
    expect(conditionField().value).toBe("");
  });

  test("are added with Enter, in their own field only", async () => {
    await show();
    type("a");
    fireEvent.keyDown(screen.getByLabelText("Name"), { key: "Enter" });
    fireEvent.submit(screen.getByRole("search"));
    expect(address()).toBe("");
    fireEvent.keyDown(conditionField(), { key: "Enter" });
    expect(address()).toBe("meta=a");
  });

  test("are not added twice", async () => {
    await show("meta=a");
    type("a");
    fireEvent.keyDown(conditionField(), { key: "Enter" });
    expect(address()).toBe("meta=a");
  });

  test("stay what they are, and the page too, where nothing is typed", async () => {
    await show("meta=a&page=3");
    type(" ");
    fireEvent.keyDown(conditionField(), { key: "Enter" });
    expect(address()).toBe("meta=a&page=3");
  });

  test("are forgotten with all filters, what is typed too", async () => {
    await show("q=x&tag=old&meta=a&meta=b");
    type("c");
    fireEvent.click(screen.getByRole("button", { name: "Clear" }));
    expect([address(), conditionField().value, chips()]).toEqual(["", "", []]);
  });
});

test("a name that was typed just now is cleared too", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  await show("tag=old");
  const name = () => screen.getByLabelText<HTMLInputElement>("Name");
  fireEvent.change(name(), { target: { value: "abc" } });
  fireEvent.click(screen.getByRole("button", { name: "Clear" }));
  await act(() => vi.advanceTimersByTimeAsync(1000));
  expect([address(), name().value]).toEqual(["", ""]);
  fireEvent.change(name(), { target: { value: "abc" } });
  await act(() => vi.advanceTimersByTimeAsync(1000));
  expect(address()).toBe("q=abc");
});

test("the focus goes from a removed chip to its neighbour, and from the last to its field", async () => {
  await show("tag=new&tag=old&tag=red&meta=a");
  fireEvent.click(removal("tag old"));
  expect(document.activeElement).toBe(removal("tag red"));
  fireEvent.click(removal("tag red"));
  expect(document.activeElement).toBe(removal("tag new"));
  fireEvent.click(removal("tag new"));
  expect(document.activeElement).toBe(tagField());
  fireEvent.click(removal("condition a"));
  expect(document.activeElement).toBe(conditionField());
});
