import { ArrowDown, ArrowUp } from 'lucide-react';
import type { FieldName } from '../api/types';
import type { Column } from '../grid/columns';
import { type CopyPreset, columnsOf } from './presets';

interface ColumnChoiceProps {
  columns: Column[];
  preset: CopyPreset;
  onPreset: (preset: CopyPreset) => void;
}

/** The columns that are copied, in their order, then the others. */
export function ColumnChoice({ columns, preset, onPreset }: ColumnChoiceProps) {
  const chosen = columnsOf(preset, columns);
  const names = chosen.map(({ name }) => name);
  const others = columns.filter(({ name }) => !names.includes(name));
  const set = (next: FieldName[]) => onPreset({ ...preset, columns: next });
  const move = (from: number, by: number) => {
    const next = [...names];
    const [moved] = next.splice(from, 1);
    if (moved) next.splice(from + by, 0, moved);
    set(next);
  };
  return (
    <ul
      aria-label="Columns to copy"
      className="grid auto-rows-max gap-px max-h-[280px] overflow-auto rounded-md border border-line p-1.5"
    >
      {[...chosen, ...others].map(({ name, label }, i) => {
        const isChosen = i < names.length;
        return (
          <li key={name} className="flex items-center gap-1 min-h-8 max-md:min-h-11">
            <label className="check flex-1 min-w-0 px-1">
              <input
                type="checkbox"
                checked={isChosen}
                onChange={() =>
                  set(isChosen ? names.filter((one) => one !== name) : [...names, name])
                }
              />
              <span className="truncate">{label}</span>
            </label>
            {isChosen && (
              <>
                <button
                  type="button"
                  className="btn ghost icon"
                  aria-label={`Move ${label} up`}
                  disabled={i === 0}
                  onClick={() => move(i, -1)}
                >
                  <ArrowUp size={14} aria-hidden />
                </button>
                <button
                  type="button"
                  className="btn ghost icon"
                  aria-label={`Move ${label} down`}
                  disabled={i === names.length - 1}
                  onClick={() => move(i, 1)}
                >
                  <ArrowDown size={14} aria-hidden />
                </button>
              </>
            )}
          </li>
        );
      })}
    </ul>
  );
}
