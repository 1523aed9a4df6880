import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import type { FieldValue } from '../api/types';
import { type Column, type Place, parseEntry } from './columns';

export type Leave = 'stay' | 'down' | 'right' | 'left';

interface CellEditorProps {
  column: Column;
  place: Place;
  initial: string;
  /** Whether typing replaced the old text: the caret then stands at the end. */
  typed: boolean;
  label: string;
  style: { left: number; top: number; width: number };
  onSave: (value: FieldValue, text: string, leave: Leave) => void;
  onCancel: () => void;
}

/** The text box over a cell. It refuses to close on a text it cannot read, and says why. */
export function CellEditor(props: CellEditorProps) {
  const { column, place, initial, typed, label, style, onSave, onCancel } = props;
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(initial);
  const [error, setError] = useState<string | null>(null);
  const done = useRef(false);

  useEffect(() => {
    input.current?.focus({ preventScroll: true });
    if (!typed) input.current?.select();
  }, [typed]);

  const save = (leave: Leave) => {
    if (done.current) return;
    const parsed = parseEntry(column.kind, text, place);
    if ('error' in parsed) {
      setError(parsed.error);
      return;
    }
    done.current = true;
    onSave(parsed.value, text, leave);
  };
  const cancel = () => {
    done.current = true;
    onCancel();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Enter') save('down');
    else if (event.key === 'Tab') save(event.shiftKey ? 'left' : 'right');
    else if (event.key === 'Escape') cancel();
    else if (event.key === ';' && event.ctrlKey && column.kind === 'date') setText('today');
    else return;
    event.preventDefault();
  };
  const noteId = 'cell-editor-note';
  return (
    <>
      <input
        ref={input}
        className="cell-editor"
        style={{ ...style, width: Math.max(style.width, 120) }}
        aria-label={label}
        aria-invalid={error !== null}
        aria-describedby={error ? noteId : undefined}
        value={text}
        placeholder={column.kind === 'date' ? 'DD-MM-YYYY' : undefined}
        inputMode={column.kind === 'amount' ? 'decimal' : undefined}
        onChange={(event) => {
          setText(event.target.value);
          setError(null);
        }}
        onKeyDown={onKeyDown}
        onMouseDown={(event) => event.stopPropagation()}
        onBlur={() => save('stay')}
      />
      {error && (
        <div
          id={noteId}
          role="alert"
          className="cell-note floating text-danger"
          style={{ left: style.left, top: style.top + 36 }}
        >
          {error}
        </div>
      )}
    </>
  );
}
