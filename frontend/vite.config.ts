import tailwind from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const gateway = process.env.PUBLIC_URL ?? 'http://127.0.0.1:3000';

export default defineConfig({
  plugins: [react(), tailwind()],
  build: {
    target: 'es2023',
    // The content security policy allows fonts and styles from files only, never from data: addresses.
    assetsInlineLimit: 0,
  },
  server: { proxy: { '/api': { target: gateway, changeOrigin: false } } },
});
