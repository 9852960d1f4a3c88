/** How the client is built: two entries whose files the server finds through the manifest; no page is built here. */
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

const SERVER = 'http://localhost:8082'
const PROXIED = ['/me', '/devices', '/session', '/otp', '/users', '/api', '/assets', '/favicon.svg']

export default defineConfig({
  plugins: [react()],
  build: {
    manifest: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rolldownOptions: { input: ['src/main.tsx', 'src/features/login/login.ts'] },
  },
  server: {
    port: 5173,
    strictPort: true,
    proxy: {
      ...Object.fromEntries(PROXIED.map((path) => [path, SERVER])),
      '/ws': { target: SERVER, ws: true },
    },
  },
  test: { include: ['tests/**/*.test.ts', 'tests/**/*.test.tsx'] },
})
