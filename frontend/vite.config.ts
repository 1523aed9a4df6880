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
    // The site, and the page at /api/docs/.
    rolldownOptions: { input: ['index.html', 'docs/index.html'] },
    // The library of /api/docs/ comes as one file of 1.7 MB, which no other page loads.
    chunkSizeWarningLimit: 1_800,
  },
  server: { proxy: { '/api': { target: gateway, changeOrigin: false } } },
});
