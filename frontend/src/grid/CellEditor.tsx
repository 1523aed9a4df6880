import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import type { FieldValue } from '../api/types';
import { OptionList } from '../ui/OptionList';
import { type Column, type Place, parseEntry } from './columns';
import { hasList, useCellList } from './useCellList';

/** Where to after saving; 'stay' leaves the focus where it went meanwhile, 'here' gives it back to the cell. */
export type Leave = 'stay' | 'here' | 'down' | 'right' | 'left';

/** Room that the list and the reason of a refusal need below the cell, px. */
const BELOW = 232;

interface CellEditorProps {
  column: Column;
  place: Place;
  initial: string;
  /** Whether typing replaced the old text. */
  typed: boolean;
  /** Whether it begins with the list of what the cell may hold. */
  list: boolean;
  label: string;
  style: { left: number; top: number; width: number; height: number };
  /** Height of the window over the rows, px. */
  body: number;
  onSave: (value: FieldValue, text: string, leave: Leave) => void;
  /** It was left with a text that cannot be read, or that nobody saved. */
  onRefuse: (text: string, reason: string) => void;
  onCancel: () => void;
}

/**
 * The text box over a cell. A key does not close it on a text that it cannot read, and it says why; who
 * goes on with the mouse leaves that text to the cell. So does a page that goes, as by a reload, whatever the
 * text is: nobody said yet that it is to be saved.
 */
export function CellEditor(props: CellEditorProps) {
  const { column, place, initial, typed, label, style, body, onSave, onRefuse, onCancel } = props;
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(initial);
  const [error, setError] = useState<string | null>(null);
  const done = useRef(false);

  useEffect(() => {
    const box = input.current;
    box?.focus({ preventScroll: true });
    // As in a spreadsheet, what is typed next goes on from the text; typing into the cell itself replaces it.
    box?.setSelectionRange(box.value.length, box.value.length);
  }, []);

  const goes = useRef(() => {});
  goes.current = () => {
    if (done.current || (!typed && text === initial)) return;
    done.current = true;
    onRefuse(text, 'This is not saved yet.');
  };
  useEffect(() => {
    const box = input.current;
    const onGone = () => goes.current();
    window.addEventListener('pagehide', onGone);
    return () => {
      window.removeEventListener('pagehide', onGone);
      // Its list was left, or read anew: no blur tells of that.
      if (!box?.isConnected) onGone();
    };
  }, []);

  const save = (leave: Leave, entry = text) => {
    if (done.current) return;
    const parsed = parseEntry(column.kind, entry, place);
    if ('error' in parsed) {
      if (leave !== 'stay') {
        setError(parsed.error);
        return;
      }
      done.current = true;
      onRefuse(entry, parsed.error);
      return;
    }
    done.current = true;
    onSave(parsed.value, entry, leave);
  };
  const list = useCellList(column, props.list, text, (taken) => save('here', taken));
  const cancel = () => {
    done.current = true;
    onCancel();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.nativeEvent.isComposing) return;
    if (list.onKey(event)) {
      event.preventDefault();
      return;
    }
    if (event.key === 'Enter') save('down');
    else if (event.key === 'Tab') save(event.shiftKey ? 'left' : 'right');
    else if (event.key === 'Escape') cancel();
    else if (event.key === ';' && event.ctrlKey && column.kind === 'date') setText('today');
    else return;
    event.preventDefault();
  };
  const noteId = 'cell-editor-note';
  const listId = 'cell-editor-list';
  const isOpen = list.shown.length > 0;
  const combobox = hasList(column) && {
    role: 'combobox',
    'aria-expanded': isOpen,
    'aria-controls': isOpen ? listId : undefined,
    'aria-activedescendant': isOpen && list.active >= 0 ? `${listId}-${list.active}` : undefined,
  };
  const isLow = style.top + style.height + BELOW > body;
  const hung = isLow
    ? { left: style.left, bottom: body - style.top + 4 }
    : { left: style.left, top: style.top + style.height + 4 };
  return (
    <>
      <input
        ref={input}
        className="cell-editor"
        style={{ ...style, width: Math.max(style.width, 120) }}
        {...combobox}
        aria-label={label}
        aria-invalid={error !== null}
        aria-describedby={error ? noteId : undefined}
        value={text}
        placeholder={column.kind === 'date' ? 'DD-MM-YYYY' : undefined}
        inputMode={column.kind === 'amount' ? 'decimal' : undefined}
        onChange={(event) => {
          setText(event.target.value);
          list.onTyped();
          setError(null);
        }}
        onKeyDown={onKeyDown}
        onMouseDown={(event) => event.stopPropagation()}
        onBlur={() => save('stay')}
      />
      {error && (
        <div id={noteId} role="alert" className="cell-note floating text-danger" style={hung}>
          {error}
        </div>
      )}
      {!error && isOpen && (
        <OptionList
          id={listId}
          label={`${column.label}: to choose from`}
          className="z-[3] max-h-[232px]"
          style={{ ...hung, width: Math.max(style.width, 160) }}
          options={list.shown.map((name) => ({ key: name, name }))}
          active={list.active}
          onTake={list.take}
        />
      )}
    </>
  );
}
