import { Moon, Sun } from 'lucide-react';
import { useTheme } from '../lib/theme';

/** Changes between the light and the dark look; its icon shows the one it leads to. */
export function ThemeButton({ className = '' }: { className?: string }) {
  const [theme, toggle] = useTheme();
  const dark = theme === 'dark';
  return (
    <button
      type="button"
      className={`btn ghost icon ${className}`}
      aria-label={dark ? 'Use light theme' : 'Use dark theme'}
      onClick={toggle}
    >
      {dark ? <Sun size={16} aria-hidden /> : <Moon size={16} aria-hidden />}
    </button>
  );
}
