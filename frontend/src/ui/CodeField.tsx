import { TextField } from './Field';

interface CodeFieldProps {
  value: string;
  error?: string;
  autoFocus?: boolean;
  onText: (text: string) => void;
}

/** The six digits of an authenticator app. */
export function CodeField({ onText, ...field }: CodeFieldProps) {
  return (
    <TextField
      label="Code"
      hint="Six digits, new every half minute"
      inputMode="numeric"
      autoComplete="one-time-code"
      maxLength={7}
      spellCheck={false}
      {...field}
      onText={(text) => onText(text.replace(/\D/g, '').slice(0, 6))}
    />
  );
}
