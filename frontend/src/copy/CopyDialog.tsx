import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { may } from '../api/accounts';
import { saveSettings } from '../api/mine';
import type { FieldName, Me } from '../api/types';
import { COPY_LIMIT } from '../grid/clipboard';
import type { Column, Place } from '../grid/columns';
import { copyRows } from '../grid/useCopy';
import { formatCount, plural } from '../lib/text';
import { useMe } from '../shell/session';
import { Field, TextField } from '../ui/Field';
import { Modal } from '../ui/Modal';
import { toast } from '../ui/toasts';
import { ColumnChoice } from './ColumnChoice';
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
import { type CopySource, FILE_LIMIT } from './tableFile';
import { useTableFile } from './useTableFile';

interface CopyDialogProps {
  columns: Column[];
  place: Place;
  source: CopySource;
  /** Columns to begin with, where they are chosen already. */
  begin?: FieldName[];
  onClose: () => void;
}

/**
 * Copies chosen columns of the chosen rows; which ones is kept under a name. More rows than a
 * clipboard should hold are saved as a file.
 */
export function CopyDialog({ columns, place, source, begin, onClose }: CopyDialogProps) {
  const me = useMe();
  const queries = useQueryClient();
  const [settings, setSettings] = useState(() => copySettingsIn(me.settings));
  const [preset, setPreset] = useState<CopyPreset>(() =>
    begin ? { name: '', columns: begin, headers: true, shape: 'cells' } : lastPreset(settings),
  );
  const file = useTableFile(source, place);
  const { count } = file;
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
  const isFile = count > COPY_LIMIT;
  const refused = refusal(count, me);
  const reads = file.done !== null;
  // As kept is how it is wanted mostly: Enter copies.
  const main = useRef<HTMLButtonElement>(null);
  const copy = async () => {
    const done = isFile
      ? await file.save(chosen, preset)
      : await copyRows(source.read(), count, chosen, place, preset);
    if (!done) return;
    // One that was changed is copied as it is, and kept only when it is saved.
    if (settings.presets.some(({ name }) => name === preset.name)) {
      await keep({ ...settings, last: preset.name });
    }
    onClose();
  };
  const isKept = settings.presets.some((one) => JSON.stringify(one) === JSON.stringify(preset));
  return (
    <Modal
      title="Copy chosen columns"
      focus={refused || chosen.length === 0 ? undefined : main}
      onClose={onClose}
    >
      <form
        className="grid gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (!refused && !reads && chosen.length > 0) void copy();
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
        <ColumnChoice columns={columns} preset={preset} onPreset={setPreset} />
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
        {isFile && !refused && (
          <p className="text-ink-2">
            More than {formatCount(COPY_LIMIT)} rows do not go to the clipboard. They are saved as a
            file with a tab between cells.
          </p>
        )}
        {/* What goes on and the buttons stay in sight, however small the window is. */}
        <div className="sticky -bottom-5 -mb-5 pb-5 pt-2 grid gap-3 bg-surface">
          {(refused ?? file.failure) && (
            <p role="alert" className="text-danger">
              {refused ?? file.failure}
            </p>
          )}
          {file.done !== null && (
            <div className="grid gap-1.5">
              <p role="status" className="text-ink-2 tabular-nums">
                {formatCount(file.done)} of {plural(count, 'row')} read
              </p>
              <progress
                className="job-bar"
                aria-label="Reading the rows"
                max={count}
                value={file.done}
              />
            </div>
          )}
          <div className="flex justify-end gap-2">
            <button type="button" className="btn" onClick={onClose}>
              Cancel
            </button>
            <button
              ref={main}
              type="submit"
              className="btn primary"
              disabled={refused !== null || reads || chosen.length === 0}
            >
              {isFile ? `Save ${plural(count, 'row')}` : `Copy ${plural(count, 'row')}`}
            </button>
          </div>
        </div>
      </form>
    </Modal>
  );
}

/** Why so many rows are neither copied nor saved, and what to do; null where they are. */
function refusal(count: number, me: Me): string | null {
  if (count > FILE_LIMIT) {
    return `A file takes up to ${plural(FILE_LIMIT, 'row')}, and ${formatCount(count)} are chosen: narrow the filter, such as to a month, and save one part after the other.`;
  }
  if (count > COPY_LIMIT && !may(me, 'challan:export')) {
    return `Up to ${plural(COPY_LIMIT, 'row')} can be copied, and ${formatCount(count)} are chosen: narrow the filter, or ask an admin for the right to export.`;
  }
  return null;
}
