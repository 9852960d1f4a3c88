/** How the client is built: two entries whose files the server finds through the manifest; no page is built here. */
import react from '@vitejs/plugin-react'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

const SERVER = 'http://localhost:8082'
const PROXIED = ['^/$', '/verify', '/me', '/devices', '/session', '/otp', '/users', '/sessions', '/api', '/assets', '/favicon.svg']
const PAGE = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Parley</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><div id="root"></div><script type="module" src="/src/main.tsx"></script></body></html>`

/** For live reload: the chat page with the sources as they are, in place of the one that the server makes. */
const livePage: Plugin = {
  name: 'live-page',
  configureServer(server) {
    server.middlewares.use((request, response, next) => {
      const url = request.url ?? '/'
      if (!/^\/chat(\/|$)/u.test(url)) {
        next()
        return
      }
      server.transformIndexHtml(url, PAGE).then((page) => response.setHeader('content-type', 'text/html').end(page), next)
    })
  },
}

export default defineConfig({
  plugins: [react(), livePage],
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
      // As if the page were the server's own, which is all it takes requests from.
      ...Object.fromEntries(PROXIED.map((path) => [path, { target: SERVER, headers: { origin: SERVER } }])),
      '/ws': { target: SERVER, ws: true, headers: { origin: SERVER } },
    },
  },
  test: { include: ['tests/**/*.test.ts', 'tests/**/*.test.tsx'] },
})
