import { useState } from 'react';
import { formatAmount, parseAmountEntry } from '../lib/text';
import { TextField } from '../ui/Field';
import type { Stretch } from './form';

interface AmountFieldProps {
  value: Stretch | null;
  onAmount: (amount: Stretch | null) => void;
}

/** Rupees from one amount to another, both included. */
export function AmountField({ value, onAmount }: AmountFieldProps) {
  const now = value ?? { from: null, to: null };
  const withEnd = (at: 'from' | 'to', amount: string | null): Stretch =>
    at === 'from' ? { ...now, from: amount } : { ...now, to: amount };
  const end = (label: string, at: 'from' | 'to') => (
    <RupeeField
      label={label}
      value={now[at]}
      check={(amount) => {
        const { from, to } = withEnd(at, amount);
        return from && to && Number(to) < Number(from) ? 'This ends before it begins.' : undefined;
      }}
      onAmount={(amount) => {
        const next = withEnd(at, amount);
        onAmount(next.from || next.to ? next : null);
      }}
    />
  );
  return (
    <fieldset className="grid grid-cols-2 gap-2">
      <legend className="sr-only">Amount</legend>
      {end('Amount from', 'from')}
      {end('Amount to', 'to')}
    </fieldset>
  );
}

interface RupeeFieldProps {
  label: string;
  /** Rupees as the wire has them, or null for none. */
  value: string | null;
  /** What is wrong with an amount beside the other one. */
  check: (amount: string | null) => string | undefined;
  onAmount: (amount: string | null) => void;
}

function RupeeField({ label, value, check, onAmount }: RupeeFieldProps) {
  const shown = value ? formatAmount(value).replace(/\.00$/, '') : '';
  const [text, setText] = useState<string | null>(null);
  const [wrong, setWrong] = useState<string>();
  const settle = () => {
    if (text === null || text === shown) return;
    const amount = text.trim() === '' ? null : parseAmountEntry(text);
    if (text.trim() !== '' && amount === null) {
      setWrong('Not an amount. Try 1,24,310.');
      return;
    }
    const error = check(amount);
    setWrong(error);
    if (error) return;
    setText(null);
    onAmount(amount?.replace(/\.00$/, '') ?? null);
  };
  return (
    <TextField
      label={label}
      value={text ?? shown}
      error={wrong}
      placeholder="₹"
      inputMode="decimal"
      autoComplete="off"
      onText={setText}
      onBlur={settle}
      onKeyDown={(event) => event.key === 'Enter' && settle()}
    />
  );
}
