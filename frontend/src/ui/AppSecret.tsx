import { lazy, Suspense } from 'react';

// Few people see one, so it is not in the first load.
const QrCode = lazy(() => import('./QrCode'));

/** The secret of one-time codes, for an authenticator app: as a picture, and to be typed. */
export function AppSecret({ secret, url }: { secret: string; url: string }) {
  return (
    <div className="grid gap-3 justify-items-center text-center">
      <p className="text-ink-2">
        Scan this with an authenticator app, such as Google Authenticator, Microsoft Authenticator
        or 1Password.
      </p>
      <Suspense fallback={<span className="size-[178px] rounded-md bg-sunken" />}>
        <QrCode text={url} label="QR code for the authenticator app" />
      </Suspense>
      <p className="text-ink-2">
        Or type this key:{' '}
        <span className="font-mono text-ink wrap-anywhere select-all">
          {secret.replace(/(.{4})(?=.)/g, '$1 ')}
        </span>
      </p>
    </div>
  );
}
