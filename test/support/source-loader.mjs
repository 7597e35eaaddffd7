import { registerHooks } from 'node:module';

// Lets a process of a test run the TypeScript sources as they are: `node --conditions=source --import` this file. They
// import one another as .js, which is what they become when they are built.
registerHooks({
  resolve(specifier, context, next) {
    try {
      return next(specifier, context);
    } catch (error) {
      if (error.code !== 'ERR_MODULE_NOT_FOUND' || !specifier.endsWith('.js')) throw error;
      return next(specifier.replace(/\.js$/, '.ts'), context);
    }
  },
});
