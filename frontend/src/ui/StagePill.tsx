import type { Row } from '../api/types';
import { podMissing } from '../grid/columns';
import { STAGE_LABELS } from '../lib/text';

/** The stage, and beside it that money waits for a signed copy. */
export function StagePill({ row }: { row: Row }) {
  if (!row.stage) return null;
  return (
    <span className="inline-flex gap-1.5">
      <span className="pill" data-stage={row.stage}>
        {STAGE_LABELS[row.stage]}
      </span>
      {/* Between two words where they are read as a text. */}
      {podMissing(row) && ' '}
      {podMissing(row) && (
        <span className="pill" data-stage="missing">
          POD missing
        </span>
      )}
    </span>
  );
}
