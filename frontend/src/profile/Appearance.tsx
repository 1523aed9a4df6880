import { setSingleKeys, useSingleKeys } from '../lib/hotkeys';
import { chooseTheme, type ThemeChoice, useThemeChoice } from '../lib/theme';
import { Section } from '../ui/Section';

const THEMES: { value: ThemeChoice; label: string }[] = [
  { value: 'system', label: 'As the device' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
];

/** How the site looks and listens on this device. */
export function Appearance() {
  const choice = useThemeChoice();
  const keys = useSingleKeys();
  return (
    <Section title="Appearance and keys" about="Kept on this device.">
      <div role="radiogroup" aria-label="Theme" className="flex flex-wrap gap-2">
        {THEMES.map(({ value, label }) => (
          <label
            key={value}
            className="check btn has-checked:border-accent has-checked:bg-accent-soft"
          >
            <input
              type="radio"
              name="theme"
              checked={choice === value}
              onChange={() => chooseTheme(value)}
            />
            <span>{label}</span>
          </label>
        ))}
      </div>
      <label className="check">
        <input
          type="checkbox"
          checked={keys}
          onChange={(event) => setSingleKeys(event.target.checked)}
        />
        <span>
          Single-key shortcuts, such as <span className="kbd">N</span> for a new challan
        </span>
      </label>
    </Section>
  );
}
