import { describe, expect, it } from 'vitest';
import { CellStates } from './cellStates';
import { sendAgain } from './saveCell';
import { cellsLeft, rowsUnsaved } from './unsavedCells';

const refused = { kind: 'failed', text: '5o', baseVersion: 3, reason: 'Not an amount.' } as const;

describe('unsaved cells', () => {
  it('are given back to who typed them, until they are saved or given up', () => {
    const asha = new CellStates('asha');
    asha.set('one', 'amount', { ...refused, retry: false });
    asha.set('two', 'remarks', { kind: 'proposed', text: 'x', baseVersion: 1 });
    expect(new CellStates('asha').of('one')).toEqual({ amount: { ...refused, retry: false } });
    expect(rowsUnsaved('asha')).toEqual(['one']);
    expect(rowsUnsaved('ash')).toEqual([]);
    asha.set('one', 'amount', null);
    expect(cellsLeft('asha').size).toBe(0);
  });

  it('that were on their way when the page went are to be sent again', () => {
    const changes = { remarks: 'x' };
    const asha = new CellStates('asha');
    asha.set('one', 'remarks', { kind: 'saving', text: 'x', baseVersion: 3, changes });
    expect(new CellStates('asha').waiting()).toMatchObject([
      {
        id: 'one',
        field: 'remarks',
        state: { kind: 'failed', retry: true, baseVersion: 3, changes },
      },
    ]);
    asha.set('one', 'remarks', null);
  });

  it('are sent by nobody else, nor while they are being corrected', async () => {
    const states = new CellStates();
    const waits = { ...refused, retry: true, changes: { amount: '5' } };
    states.set('one', 'amount', waits);
    await sendAgain(states, async () => false);
    expect(states.of('one')?.amount).toBe(waits);
    states.edited = { id: 'one', field: 'amount' };
    expect(states.waiting()).toEqual([]);
  });
});
