/** Events, models and collections that behave like those of the page's own framework. */

export class Emitter {
  #handlers = [];

  /** `names` may hold several, separated by blanks. `all` gets every event, its name first. */
  on(names, handler, context) {
    for (const name of names.split(/\s+/)) this.#handlers.push({ name, handler, context });
    return this;
  }

  once(names, handler, context) {
    const once = (...args) => {
      this.off(names, once);
      handler.apply(context, args);
    };
    return this.on(names, once, context);
  }

  off(names, handler) {
    const off = names?.split(/\s+/);
    this.#handlers = this.#handlers.filter(
      (entry) => (off && !off.includes(entry.name)) || (handler && entry.handler !== handler),
    );
    return this;
  }

  trigger(name, ...args) {
    for (const entry of [...this.#handlers]) {
      if (entry.name === name) entry.handler.apply(entry.context ?? this, args);
      if (entry.name === 'all') entry.handler.apply(entry.context ?? this, [name, ...args]);
    }
    return this;
  }
}

/** What is set on a model is told as `change:name` (model, new value, old value) and then `change` (model). */
export class Model extends Emitter {
  constructor(values = {}) {
    super();
    this.attributes = {};
    this.set(values);
  }

  set(values) {
    const changed = [];
    for (const [name, value] of Object.entries(values)) {
      const before = this.attributes[name];
      if (!Object.hasOwn(this.attributes, name) && !(name in this)) this.#expose(name);
      if (before === value) continue;
      this.attributes[name] = value;
      changed.push([name, value, before]);
    }
    for (const [name, value, before] of changed) this.trigger(`change:${name}`, this, value, before);
    if (changed.length > 0) this.trigger('change', this);
    return this;
  }

  get(name) {
    return this.attributes[name];
  }

  #expose(name) {
    Object.defineProperty(this, name, {
      enumerable: true,
      configurable: true,
      get: () => this.attributes[name],
      set: (value) => this.set({ [name]: value }),
    });
  }

  serialize() {
    return { ...this.attributes };
  }

  toJSON() {
    return this.serialize();
  }

  unsafe() {
    return this;
  }
}

/** Looks up by the text of an id: `get(undefined)` finds nothing and does not complain, as in the real one. */
export class Collection extends Emitter {
  #models = [];
  #index = {};

  constructor(modelClass = Model) {
    super();
    this.modelClass = modelClass;
  }

  get length() {
    return this.#models.length;
  }

  get(id) {
    return this.#index[id];
  }

  getModelsArray() {
    return this.#models;
  }

  toArray() {
    return [...this.#models];
  }

  map(callback) {
    return this.#models.map(callback);
  }

  filter(callback) {
    return this.#models.filter(callback);
  }

  some(callback) {
    return this.#models.some(callback);
  }

  forEach(callback) {
    this.#models.forEach(callback);
  }

  last() {
    return this.#models.at(-1);
  }

  /** A model whose id is there already is not replaced: the one that was there is returned. */
  add(given) {
    const added = [];
    const result = [given].flat().map((entry) => {
      const existing = this.get(entry.id);
      if (existing) return existing;
      const model = entry instanceof this.modelClass ? entry : new this.modelClass(entry);
      this.#index[model.id] = model;
      this.#models.push(model);
      model.on('all', this.#relay, this);
      added.push(model);
      return model;
    });
    for (const model of added) this.trigger('add', model, this);
    return result;
  }

  remove(given) {
    return [given].flat().flatMap((entry) => {
      const model = this.get(entry instanceof this.modelClass ? entry.id : entry);
      if (!model) return [];
      delete this.#index[model.id];
      this.#models.splice(this.#models.indexOf(model), 1);
      model.off('all', this.#relay);
      this.trigger('remove', model, this);
      return [model];
    });
  }

  #relay(name, ...args) {
    this.trigger(name, ...args);
  }
}
