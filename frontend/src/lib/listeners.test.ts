import { expect, it } from 'vitest';
import { Listeners } from './listeners';

it('are told until they leave, also while others are told', () => {
  const listeners = new Listeners<[number]>();
  const heard: string[] = [];
  const leaveA = listeners.subscribe((n) => {
    heard.push(`a${n}`);
    if (n === 2) leaveA();
  });
  const b = (n: number) => heard.push(`b${n}`);
  const leaveB = listeners.subscribe(b);
  listeners.subscribe(b);
  const before = listeners.snapshot();
  listeners.tell(1);
  listeners.tell(2);
  leaveB();
  listeners.tell(3);
  expect(heard).toEqual(['a1', 'b1', 'a2', 'b2']);
  expect(listeners.snapshot()).not.toBe(before);
});
