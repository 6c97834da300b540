from __future__ import annotations

import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from airflow_artifacts.exceptions import InputsError, MissingColumnError, RuntimeParameterError, StepOutputError
from airflow_artifacts.steps import GeneratorStep, GlobalStep, RuntimeParameter, Step, run_step
from airflow_artifacts.steps.driving import check_input_count, check_inputs, drive


class Base(Step):
    """Notes what is called, in a list that copies of the step share."""

    log: tuple[list[str]] = ([],)

    def load(self: Any) -> None:
        self.log[0].append("load")

    def finish(self: Any) -> None:
        self.log[0].append("finish")

    def unload(self: Any) -> None:
        self.log[0].append("unload")

    def process(self: Any, inputs: Any) -> Any:
        self.log[0].append(f"process {len(inputs)}")
        yield inputs


class Source:
    def __init__(self, rows: Any, name: Any = "source") -> None:
        self.rows = rows
        self.name = name

    @property
    def columns(self) -> Any:
        return {column: sum(column in row for row in self.rows) for row in self.rows for column in row}

    def __len__(self) -> Any:
        return len(self.rows)

    def batches(self, size: Any) -> Any:
        return (self.rows[start : start + size] for start in range(0, len(self.rows), size))


class Output:
    def __init__(self) -> None:
        self.rows: list[Any] = []
        self.marks: list[Any] = []

    def write(self, rows: Any) -> None:
        self.rows += rows

    def mark(self, done: Any) -> None:
        self.marks.append((done, len(self.rows)))


def step_of(process: Any, base: Any = Step, **attributes: Any) -> Any:
    return type("Made", (base,), {"process": process, "__module__": __name__, **attributes})()


def rows_of(count: Any, column: Any = "n") -> Any:
    return [{column: number} for number in range(count)]


class TestBatches:
    @given(count=st.integers(0, 30), size=st.integers(1, 12), copies=st.integers(0, 3))
    def test_every_yield_of_every_batch_counts(self, count: Any, size: Any, copies: Any) -> None:
        def process(self: Any, inputs: Any) -> Any:
            assert 0 < len(inputs) <= size
            for _ in range(copies):
                yield [dict(row) for row in inputs]

        step = step_of(process)
        step.input_batch_size = size
        output = Output()
        assert drive(step, [Source(rows_of(count))], output) == count * copies
        assert sorted(row["n"] for row in output.rows) == sorted([*range(count)] * copies)
        assert output.marks == [
            (done, done * copies) for done in (min(start + size, count) for start in range(0, count, size))
        ]

    def test_a_filter_that_drops_all_rows(self) -> None:
        def process(self: Any, inputs: Any) -> Any:
            yield []

        assert run_step(step_of(process), rows_of(120)).rows == []

    def test_one_row(self) -> None:
        assert run_step(Base(), [{"a": 1}]).rows == [{"a": 1}]

    def test_no_rows_do_not_run_the_step(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO)
        step = Base(log=([],))
        assert run_step(step, []).rows == []
        assert step.log == ([],)
        assert "Step 'base_0' is not run: its inputs have no rows" in caplog.messages

    def test_from_load_to_unload(self) -> None:
        step = Base(input_batch_size=2, log=([],))
        run_step(step, rows_of(3))
        assert step.log[0] == ["load", "process 2", "process 1", "finish", "unload"]

    def test_rows_may_be_models_and_other_mappings(self) -> None:
        class Row(BaseModel):
            a: int

        class Rows(dict[str, Any]):
            pass

        def process(self: Any, inputs: Any) -> Any:
            yield [Row(a=1), Rows(a=2), {"a": 3}]

        step = step_of(process, outputs=property(lambda _: ["a"]))
        step.output_mappings = {"a": "b"}
        rows = run_step(step, [{}]).rows
        assert rows == [{"b": 1}, {"b": 2}, {"b": 3}]
        assert {type(row) for row in rows} == {dict}


class TestSeveralInputs:
    def test_side_by_side(self) -> None:
        def process(self: Any, *inputs: Any) -> Any:
            yield [{"a": left["n"], "b": right["m"]} for left, right in zip(*inputs, strict=True)]

        rows = run_step(step_of(process), rows_of(120), rows_of(120, "m")).rows
        assert rows == [{"a": number, "b": number} for number in range(120)]

    @pytest.mark.parametrize("counts", [(1, 2), (0, 2)])
    def test_unequal_lengths(self, counts: Any) -> None:
        def process(self: Any, *inputs: Any) -> Any:
            yield []

        with pytest.raises(InputsError, match=rf"input 1 {counts[0]}, input 2 {counts[1]}"):
            run_step(step_of(process), *map(rows_of, counts))

    @pytest.mark.parametrize("counts", [(3, 1), (0, 2), (2, 0), (60, 70)])
    def test_a_global_step_gets_all_of_each(self, counts: Any) -> None:
        def process(self: Any, *inputs: Any) -> Any:
            yield [{"counts": [len(rows) for rows in inputs]}]

        output = Output()
        step = step_of(process, GlobalStep)
        drive(step, [Source(rows_of(count)) for count in counts], output)
        assert output.rows == [{"counts": list(counts)}]
        assert output.marks == [(max(counts), 1)]

    def test_columns_of_inputs_of_unequal_length(self) -> None:
        step = step_of(lambda self, *inputs: iter([]), GlobalStep, inputs=property(lambda _: ["a", "b"]))
        check_inputs(step, [Source(rows_of(2, "a")), Source(rows_of(9, "b"))])
        check_inputs(step, [Source([]), Source([{"a": 1, "b": 2}])])
        with pytest.raises(MissingColumnError, match=r"column 'b'.*in 1 of 2 rows"):
            check_inputs(step, [Source(rows_of(9, "a")), Source([{"b": 1}, {"a": 1}])])

    @pytest.mark.parametrize(
        ("process", "names", "problem"),
        [
            (lambda self, inputs: None, ["x", "y"], "it takes 1, but is given 2: x, y. A step that takes several"),
            (lambda self, a, b: None, ["x"], "it takes 2, but is given 1"),
            (lambda self, a, b=None: None, ["x"] * 3, "it takes 1 to 2, but is given 3"),
            (lambda self, a, b, *c: None, ["x"], None),
            (lambda self, inputs: None, [], "it is given none"),
        ],
    )
    def test_too_many_or_too_few(self, process: Any, names: Any, problem: Any) -> None:
        step = step_of(process)
        if problem is None:
            check_input_count(step, names)
            return
        with pytest.raises(InputsError) as caught:
            check_input_count(step, names)
        assert problem in str(caught.value)


class TestMissing:
    def test_columns(self) -> None:
        step = step_of(Base.process, Base, inputs=property(lambda _: {"a": True, "b": False}))
        assert run_step(step, [{"a": 1}]).rows == [{"a": 1}]
        with pytest.raises(
            MissingColumnError, match=r"requires the column 'a'.*'input 1' does not have\. Columns"
        ):
            run_step(step, [{"c": 1}])
        with pytest.raises(MissingColumnError, match="in 1 of 3 rows"):
            run_step(step, [{"a": 1}, {"c": 1}, {"a": 2}])

    def test_runtime_parameters(self) -> None:
        class Asks(Base):
            k: RuntimeParameter[int]

        made: Any = Asks
        with pytest.raises(RuntimeParameterError, match="k has no default and was not given"):
            run_step(made(), [{"a": 1}])
        assert run_step(made(), [{"a": 1}], runtime_parameters={"k": 0}).rows == [{"a": 1}]


class TestErrors:
    def test_of_process_are_raised_unchanged_after_unload(self) -> None:
        error = KeyError("x")

        def process(self: Any, inputs: Any) -> Any:
            yield inputs
            raise error

        step = step_of(process, Base)
        step.log = ([],)
        output = Output()
        with pytest.raises(KeyError) as caught:
            drive(step, [Source(rows_of(2))], output)
        assert caught.value is error
        assert step.log[0] == ["load", "unload"]
        assert output.marks == []

    def test_of_finish_fail_the_step(self) -> None:
        def finish(self: Any) -> None:
            raise ZeroDivisionError

        step = step_of(Base.process, Base, finish=finish)
        step.log = ([],)
        with pytest.raises(ZeroDivisionError):
            run_step(step, [{}])
        assert step.log[0] == ["load", "process 1", "unload"]

    def test_of_unload_do_not_hide_those_of_process(self, caplog: pytest.LogCaptureFixture) -> None:
        def process(self: Any, inputs: Any) -> Any:
            raise KeyError("x")
            yield

        def unload(self: Any) -> None:
            raise ZeroDivisionError

        with pytest.raises(KeyError):
            run_step(step_of(process, unload=unload), [{}])
        assert "unload() of step 'made_0' failed too, after the error that ends the step" in caplog.messages

    def test_of_unload_alone(self) -> None:
        def unload(self: Any) -> None:
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            run_step(step_of(Base.process, Base, unload=unload), [{}])

    def test_of_load(self) -> None:
        def load(self: Any) -> None:
            raise ZeroDivisionError

        step = step_of(Base.process, Base, load=load)
        step.log = ([],)
        with pytest.raises(ZeroDivisionError):
            run_step(step, [{}])
        assert step.log == ([],)

    def test_process_is_closed_before_unload_where_the_output_fails(self) -> None:
        def process(self: Any, inputs: Any) -> Any:
            try:
                yield inputs
            finally:
                self.log[0].append("closed")

        class Full(Output):
            def write(self, rows: Any) -> None:
                raise OSError("no space left")

        step = step_of(process, Base)
        step.log = ([],)
        with pytest.raises(OSError, match="no space left") as caught:
            drive(step, [Source(rows_of(2))], Full())
        assert caught.value.__traceback__  # which keeps the frames, and so the generator, alive
        assert step.log[0] == ["load", "closed", "unload"]


class TestWrongYields:
    @pytest.mark.parametrize(
        ("value", "problem"),
        [
            ({"a": 1}, "a list of rows has to be yielded, but a dict was"),
            (None, "but a NoneType was"),
            (([], True), "but a tuple was"),
            ([1], "a row has to be a dictionary, but a int was yielded"),
            ([{}, None], "but a NoneType was yielded"),
            ([[("a", 1)]], "but a list was yielded"),
        ],
    )
    def test_of_a_step(self, value: Any, problem: Any) -> None:
        def process(self: Any, inputs: Any) -> Any:
            yield value

        with pytest.raises(StepOutputError, match=problem):
            run_step(step_of(process), [{}])

    @pytest.mark.parametrize("value", [[{}], None, iter(())])
    def test_return_instead_of_yield(self, value: Any) -> None:
        def process(self: Any, inputs: Any) -> Any:
            return value

        step = step_of(process)
        if hasattr(value, "__next__"):
            assert run_step(step, [{}]).rows == []
            return
        with pytest.raises(StepOutputError, match=f"but returned a {type(value).__name__}"):
            run_step(step, [{}])

    @pytest.mark.parametrize("value", [[{}], None, ([], True, 1)])
    def test_of_a_generator(self, value: Any) -> None:
        def process(self: Any, offset: Any = 0) -> Any:
            yield value

        with pytest.raises(StepOutputError, match=f"this one yielded a {type(value).__name__}"):
            run_step(step_of(process, GeneratorStep))

    def test_rows_of_a_generator(self) -> None:
        def process(self: Any, offset: Any = 0) -> Any:
            yield [1], True

        with pytest.raises(StepOutputError, match="a row has to be a dictionary"):
            run_step(step_of(process, GeneratorStep))


class TestGenerators:
    def test_without_a_last_batch(self) -> None:
        def process(self: Any, offset: Any = 0) -> Any:
            yield [{"n": 1}], False
            yield [{"n": 2}], False

        output = Output()
        assert drive(step_of(process, GeneratorStep), [], output) == 2
        assert output.marks == [(1, 1), (2, 2)]

    def test_rows_after_the_last_batch_are_not_asked_for(self) -> None:
        closed = []

        def process(self: Any, offset: Any = 0) -> Any:
            try:
                yield [{"n": 1}], True
                yield [{"n": 2}], True
            finally:
                closed.append(True)

        assert run_step(step_of(process, GeneratorStep)).rows == [{"n": 1}]
        assert closed == [True]

    def test_no_batch(self) -> None:
        def process(self: Any, offset: Any = 0) -> Any:
            yield from ()

        assert run_step(step_of(process, GeneratorStep)).rows == []

    def test_inputs_are_refused(self) -> None:
        def process(self: Any, offset: Any = 0) -> Any:
            yield [], True

        with pytest.raises(
            InputsError, match="it makes rows itself and takes none, but is given those of input 1"
        ):
            run_step(step_of(process, GeneratorStep), [{}])


class TestMappings:
    def test_a_shadowed_column_stays_with_its_row(self) -> None:
        def process(self: Any, inputs: Any) -> Any:
            yield [row for row in reversed(inputs) if row["text"] != "i1"]
            yield [{"text": "new"}]
            yield [{**inputs[0], "made": 1}]

        step = step_of(process, inputs=property(lambda _: ["text"]), outputs=property(lambda _: ["made"]))
        step.input_mappings = {"text": "instruction"}
        step.output_mappings = {"made": "text"}
        rows = [{"text": f"t{number}", "instruction": f"i{number}"} for number in range(3)]
        assert run_step(step, rows).rows == [
            {"text": "t2", "instruction": "i2"},
            {"text": "t0", "instruction": "i0"},
            {"instruction": "new"},
            {"text": 1, "instruction": "i0"},
        ]
