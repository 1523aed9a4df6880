import { beforeEach, expect, it } from 'vitest';
import { did, giveBack, settled, stepsOf, takeStep, turned, underWay } from './steps';
import { sentenceOf, skippedSentence } from './undo';

let person = 0;
beforeEach(() => {
  person += 1;
  stepsOf(`person ${person}`);
});

it('goes back the way it came, and forth again', () => {
  did({ batch: '1', what: 'one' });
  did({ batch: '2', what: 'two' });
  const two = takeStep('undo');
  expect(two?.batch).toBe('2');
  turned('undo', { batch: '2', what: 'two' }, '2u');
  expect(takeStep('redo')).toMatchObject({ batch: '2u', what: 'two' });
  turned('redo', { batch: '2u', what: 'two' }, '2r');
  expect(takeStep('undo')?.batch).toBe('2r');
  expect(takeStep('undo')?.batch).toBe('1');
  expect(takeStep('undo')).toBeUndefined();
});

it('forgets what was undone once something new is done', () => {
  did({ batch: '1', what: 'one' });
  turned('undo', { batch: '1', what: 'one' }, '1u');
  did({ batch: '2', what: 'two' });
  expect(takeStep('redo')).toBeUndefined();
});

it('takes a step out of the middle, and gives back what could not be done now', () => {
  did({ batch: '1', what: 'one' });
  did({ batch: '2', what: 'two' });
  expect(takeStep('undo', '1')?.what).toBe('one');
  expect(takeStep('undo', '1')).toBeUndefined();
  const two = takeStep('undo');
  if (two) giveBack('undo', two);
  expect(takeStep('undo')?.batch).toBe('2');
});

it('waits for a write that is on its way', async () => {
  let save = () => {};
  const saved = new Promise<void>((resolve) => {
    save = resolve;
  });
  void underWay(saved.then(() => did({ batch: '1', what: 'one' })));
  const waited = settled();
  expect(takeStep('undo')).toBeUndefined();
  save();
  await waited;
  expect(takeStep('undo')?.batch).toBe('1');
});

it('has no steps of another person', () => {
  did({ batch: '1', what: 'one' });
  stepsOf('somebody else');
  expect(takeStep('undo')).toBeUndefined();
});

it('says what was left because others changed it since', () => {
  expect(skippedSentence([])).toBe('');
  const clash = {
    field: 'remarks',
    by: 'S. Iyer',
    code: 'conflict',
    detail: 'S. Iyer changed it.',
  };
  expect(skippedSentence([clash])).toBe(
    '1 place left as it is now: S. Iyer changed Remarks since.',
  );
  expect(sentenceOf('undo', 'pasting into 2 rows', { batch_id: 'u', undone: 2, skipped: [] })).toBe(
    'Undone: pasting into 2 rows.',
  );
  expect(sentenceOf('redo', 'x', { batch_id: null, undone: 0, skipped: [] })).toMatch(
    /^Not redone/,
  );
});
