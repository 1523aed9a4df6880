import { ArrowDown, ArrowUp, Pin } from 'lucide-react';
import type { Column } from '../grid/columns';
import { Field } from '../ui/Field';
import { Modal } from '../ui/Modal';
import {
  type ColumnSetting,
  DENSITIES,
  type Density,
  type Layout,
  movedBy,
  NARROWEST,
  settingsOf,
  WIDEST,
  withColumn,
} from './viewState';

const DENSITY_LABELS: Record<Density, string> = {
  compact: 'Compact',
  default: 'Normal',
  comfortable: 'Comfortable',
};

interface ColumnsDialogProps {
  columns: Column[];
  layout: Layout;
  onLayout: (layout: Layout) => void;
  onReset: () => void;
  onClose: () => void;
}

/** Which columns are shown, in which order, how wide, and which stay in sight; and how high rows are. */
export function ColumnsDialog({ columns, layout, onLayout, onReset, onClose }: ColumnsDialogProps) {
  const labels = new Map(columns.map(({ name, label }) => [name, label]));
  const settings = settingsOf(columns, layout);
  const shown = settings.filter(({ hidden }) => !hidden).length;
  return (
    <Modal title="Columns" onClose={onClose}>
      <div className="grid gap-3">
        <Field label="Height of the rows">
          {(shared) => (
            <select
              {...shared}
              value={layout.density}
              onChange={(event) => onLayout({ ...layout, density: event.target.value as Density })}
            >
              {DENSITIES.map((density) => (
                <option key={density} value={density}>
                  {DENSITY_LABELS[density]}
                </option>
              ))}
            </select>
          )}
        </Field>
        <p className="text-ink-2">
          In the list, drag a heading to move its column, and its right edge to set the width.
        </p>
        <ul aria-label="Columns in their order" className="grid gap-px">
          {settings.map((setting, i) => (
            <Setting
              key={setting.name}
              setting={setting}
              label={labels.get(setting.name) ?? setting.name}
              isFirst={i === 0}
              isLast={i === settings.length - 1}
              isOnly={shown === 1 && !setting.hidden}
              onSet={(change) => onLayout(withColumn(columns, layout, change))}
              onMove={(by) => onLayout(movedBy(columns, layout, setting.name, by))}
            />
          ))}
        </ul>
        {/* The buttons stay in sight, however many columns there are. */}
        <div className="sticky -bottom-5 -mb-5 pb-5 pt-2 flex gap-2 bg-surface">
          <button type="button" className="btn" onClick={onReset}>
            Reset
          </button>
          <span className="flex-1" />
          <button type="button" className="btn primary" onClick={onClose}>
            Done
          </button>
        </div>
      </div>
    </Modal>
  );
}

interface SettingProps {
  setting: Required<ColumnSetting>;
  label: string;
  isFirst: boolean;
  isLast: boolean;
  /** Whether it is the only one that is shown. */
  isOnly: boolean;
  onSet: (change: ColumnSetting) => void;
  onMove: (by: number) => void;
}

function Setting({ setting, label, isFirst, isLast, isOnly, onSet, onMove }: SettingProps) {
  const { name, width, hidden, pinned } = setting;
  return (
    <li className="flex items-center gap-1.5 h-9 max-md:h-12">
      <label className="check flex-1 min-w-0">
        <input
          type="checkbox"
          checked={!hidden}
          disabled={isOnly}
          onChange={() => onSet({ name, hidden: !hidden })}
        />
        <span className="truncate">{label}</span>
      </label>
      <input
        type="number"
        className="input h-7 w-18 text-right tabular-nums"
        aria-label={`Width of ${label}, pixels`}
        min={NARROWEST}
        max={WIDEST}
        step={8}
        defaultValue={width}
        key={width}
        onBlur={(event) => onSet({ name, width: Number(event.target.value) || width })}
      />
      <button
        type="button"
        className="btn ghost icon aria-pressed:bg-accent-soft aria-pressed:text-accent"
        aria-label={`Keep ${label} in sight`}
        aria-pressed={pinned}
        onClick={() => onSet({ name, pinned: !pinned })}
      >
        <Pin size={14} aria-hidden />
      </button>
      <button
        type="button"
        className="btn ghost icon"
        aria-label={`Move ${label} to the left`}
        disabled={isFirst}
        onClick={() => onMove(-1)}
      >
        <ArrowUp size={14} aria-hidden />
      </button>
      <button
        type="button"
        className="btn ghost icon"
        aria-label={`Move ${label} to the right`}
        disabled={isLast}
        onClick={() => onMove(1)}
      >
        <ArrowDown size={14} aria-hidden />
      </button>
    </li>
  );
}
