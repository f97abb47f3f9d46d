/**
 * Property tests try the same cases every time, so that a failure belongs to the change that it is seen with. Others are
 * tried with PROPERTY_SEED set to a number, or to "random".
 */
const fc = require('fast-check');

const wanted = process.env.PROPERTY_SEED ?? '20240901';
fc.configureGlobal({ seed: wanted === 'random' ? Date.now() | 0 : Number(wanted) });
