import { isBuiltin } from 'node:module';
import { join, relative } from 'node:path';
import { defineConfig, type Plugin } from 'rolldown';

const root = import.meta.dirname;
const compiled = 'dist/apps/broker/src';
const bundle = 'dist/broker';

/** What Nest imports for applications that ask for it. Ours does not, and some of it is not installed. */
const optionalForNest =
  /^(@nestjs\/(microservices|websockets|platform-express)|@fastify\/(static|view|multipart)|class-(validator|transformer)|file-type)(\/|$)/;

/**
 * What Fastify would call for schemas and injected requests, and @nestjs/schedule for cron expressions, none of which the
 * broker uses: a fifth of the program.
 */
const unused = /^(cron|@fastify\/ajv-compiler|@fastify\/fast-json-stringify-compiler|light-my-request)$/;

/**
 * The broker as `nest build` has compiled it, in a few files: to find, read and link some two thousand modules takes
 * longer than all else at a start, and memory for good. What nobody calls is left out, where a package allows it.
 */
export default defineConfig({
  cwd: root,
  input: { main: `${compiled}/main.js`, start: `${compiled}/start.js` },
  platform: 'node',
  logLevel: 'warn',
  external: (id, importer = '') => importer.includes('/node_modules/@nestjs/') && optionalForNest.test(id),
  resolve: {
    mainFields: ['es2015', 'module', 'main'],
    // To Node.js, rxjs exports a form of which nothing can be left out.
    alias: Object.fromEntries(
      ['rxjs/operators', 'rxjs'].map((name) => [
        name,
        join(root, 'node_modules', name.replace('rxjs', 'rxjs/dist/esm'), 'index.js'),
      ]),
    ),
  },
  plugins: [withoutUnused(), inPlace(), leanBuiltins(), ascii()],
  output: {
    dir: bundle,
    cleanDir: true,
    chunkFileNames: '[name].js',
    // Nest, the log and stack traces call classes and functions by their names.
    keepNames: true,
    minify: true,
    comments: { legal: true },
  },
});

/** Each module finds what lies beside it, such as scripts and pages, where the compiler has put it. */
function inPlace(): Plugin {
  return {
    name: 'in-place',
    transform: {
      filter: { code: 'import.meta.url' },
      handler(code, id) {
        const path = JSON.stringify(relative(join(root, bundle), id));
        return code.replaceAll('import.meta.url', `new URL(${path}, import.meta.url).href`);
      },
    },
  };
}

/**
 * What belongs to Node.js, as `require` gives it: as an ES module it reads all its exports at once, some of which are
 * getters that load more, such as the WebSocket of node:http.
 */
function leanBuiltins(): Plugin {
  const prefix = '\0builtin:';
  return {
    name: 'lean-builtins',
    resolveId(id, importer) {
      // Rolldown's own helpers come before what they wrap.
      return isBuiltin(id) && !importer?.startsWith('\0') ? prefix + id : undefined;
    },
    load(id) {
      if (!id.startsWith(prefix)) return undefined;
      return `module.exports = process.getBuiltinModule('${id.slice(prefix.length)}');`;
    },
  };
}

function withoutUnused(): Plugin {
  return {
    name: 'without-unused',
    resolveId: { filter: { id: unused }, handler: (id) => `\0unused:${id}` },
    load: { filter: { id: /^\0unused:/ }, handler: () => 'module.exports = {};' },
  };
}

/** V8 keeps the source, with two bytes for each character of a file when one of them is not ASCII. */
function ascii(): Plugin {
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return {
    name: 'ascii',
    generateBundle(_options, files) {
      for (const file of Object.values(files)) {
        if (file.type === 'chunk') file.code = file.code.replaceAll(/[^\0-\u007f]/g, escaped);
      }
    },
  };
}
