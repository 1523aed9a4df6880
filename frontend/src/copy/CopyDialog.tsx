import { useQueryClient } from '@tanstack/react-query';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { useState } from 'react';
import { saveSettings } from '../api/mine';
import type { FieldName, Row } from '../api/types';
import { COPY_LIMIT } from '../grid/clipboard';
import type { Column, Place } from '../grid/columns';
import { copyRows } from '../grid/useCopy';
import { formatCount, plural } from '../lib/text';
import { useMe } from '../shell/session';
import { Field, TextField } from '../ui/Field';
import { Modal } from '../ui/Modal';
import { toast } from '../ui/toasts';
import {
  type CopyPreset,
  type CopySettings,
  columnsOf,
  copySettingsIn,
  lastPreset,
  type Shape,
  withoutPreset,
  withPreset,
} from './presets';

interface CopyDialogProps {
  columns: Column[];
  place: Place;
  /** How many rows are chosen. */
  count: number;
  read: () => Promise<Row[]>;
  onClose: () => void;
}

/** Copies chosen columns of the chosen rows; which ones is kept under a name. */
export function CopyDialog({ columns, place, count, read, onClose }: CopyDialogProps) {
  const me = useMe();
  const queries = useQueryClient();
  const [settings, setSettings] = useState(() => copySettingsIn(me.settings));
  const [preset, setPreset] = useState(() => lastPreset(settings));
  const chosen = columnsOf(preset, columns);
  const keep = async (next: CopySettings) => {
    setSettings(next);
    try {
      await saveSettings({ copy: next });
      await queries.invalidateQueries({ queryKey: ['me'] });
    } catch (error) {
      toast(error instanceof Error ? error.message : 'This could not be kept.');
    }
  };
  const copy = async () => {
    const done = await copyRows(read(), count, chosen, place, preset);
    if (!done) return;
    // One that was changed is copied as it is, and kept only when it is saved.
    if (settings.presets.some(({ name }) => name === preset.name)) {
      await keep({ ...settings, last: preset.name });
    }
    onClose();
  };
  const isKept = settings.presets.some((one) => JSON.stringify(one) === JSON.stringify(preset));
  const tooMany = count > COPY_LIMIT;
  return (
    <Modal title="Copy chosen columns" onClose={onClose}>
      <form
        className="grid gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (!tooMany && chosen.length > 0) void copy();
        }}
      >
        <Field label="Kept under the name">
          {(shared) => (
            <select
              {...shared}
              value={isKept ? preset.name : ''}
              onChange={(event) => {
                const one = settings.presets.find(({ name }) => name === event.target.value);
                if (one) setPreset(one);
              }}
            >
              {!isKept && <option value="">Not kept yet</option>}
              {settings.presets.map(({ name }) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          )}
        </Field>
        <Choice columns={columns} preset={preset} onPreset={setPreset} />
        <div className="flex flex-wrap gap-x-4">
          <label className="check">
            <input
              type="checkbox"
              checked={preset.headers}
              onChange={(event) => setPreset({ ...preset, headers: event.target.checked })}
            />
            <span>With the names of the columns</span>
          </label>
          <label className="check">
            <input
              type="checkbox"
              checked={preset.shape === 'message'}
              onChange={(event) => {
                const shape: Shape = event.target.checked ? 'message' : 'cells';
                setPreset({ ...preset, shape });
              }}
            />
            <span>As lines for a message</span>
          </label>
        </div>
        <div className="flex items-end gap-2">
          <TextField
            label="Name"
            className="flex-1"
            value={preset.name}
            maxLength={60}
            autoComplete="off"
            onText={(name) => setPreset({ ...preset, name })}
          />
          <button
            type="button"
            className="btn h-8"
            disabled={isKept || preset.name.trim() === ''}
            onClick={() => void keep(withPreset(settings, { ...preset, name: preset.name.trim() }))}
          >
            Keep
          </button>
          <button
            type="button"
            className="btn ghost danger h-8"
            disabled={!isKept || settings.presets.length < 2}
            onClick={() => {
              const next = withoutPreset(settings, preset.name);
              setPreset(lastPreset(next));
              void keep(next);
            }}
          >
            Remove
          </button>
        </div>
        {tooMany && (
          <p role="alert" className="text-danger">
            Up to {formatCount(COPY_LIMIT)} rows can be copied; {formatCount(count)} are chosen.
          </p>
        )}
        <div className="flex justify-end gap-2 pt-1">
          <button type="button" className="btn" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="btn primary" disabled={tooMany || chosen.length === 0}>
            Copy {plural(count, 'row')}
          </button>
        </div>
      </form>
    </Modal>
  );
}

interface ChoiceProps {
  columns: Column[];
  preset: CopyPreset;
  onPreset: (preset: CopyPreset) => void;
}

/** The columns that are copied, in their order, then the others. */
function Choice({ columns, preset, onPreset }: ChoiceProps) {
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
      className="grid gap-px max-h-[280px] overflow-auto rounded-md border border-line p-1.5"
    >
      {[...chosen, ...others].map(({ name, label }, i) => {
        const isChosen = i < names.length;
        return (
          <li key={name} className="flex items-center gap-1 min-h-8">
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
