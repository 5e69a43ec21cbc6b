// Moves the threshold and the costs of the section "Where to cut": counts come from the page, shares and money are worked out here.
// It asks for nothing, keeps nothing and sends nothing. Without it, and in print, the page shows the chosen threshold.
"use strict";
(() => {
  const at = (name) => document.getElementById("slider-" + name);
  const data = JSON.parse(at("data").textContent);
  const still = at("state");
  const live = still.cloneNode(true);
  live.removeAttribute("id");
  live.classList.add("live");
  still.classList.add("still");
  still.after(live);
  at("controls").hidden = false;

  // Numbers as the page writes them: see report/numbers.py and report/language.py.
  const grouped = (text) => text.replace(/^\d+/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, data.thin));
  const pointed = (text) => text.replace(".", data.point);
  const fixed = (value, places) => pointed(grouped(value.toFixed(places)));
  const decimals = (value) => {
    if (value === 0) return 3;
    const exponent = Math.floor(Math.log10(Math.abs(value)) + 1e-12);
    if (exponent >= 0) return Math.max(0, 3 - exponent);
    return exponent >= -2 ? 3 : Math.min(12, 2 - exponent);
  };
  const number = (value) => {
    if (value >= 1e9 || (value !== 0 && value < 1e-6)) return pointed(value.toPrecision(3));
    let text = value.toFixed(decimals(value));
    if (text.includes(".")) text = text.replace(/0+$/, "").replace(/\.$/, "");
    return pointed(value < 9999.5 ? text : grouped(text));
  };
  const count = (value) => {
    const whole = Math.round(value);
    if (Math.abs(value - whole) >= 1e-6) return fixed(value, 1);
    return whole > 9999 ? grouped(String(whole)) : String(whole);
  };
  const share = (value) => {
    const percent = 100 * value;
    if (percent === 0 || percent === 100) return percent + " %";
    if (percent < 0.01) return "<" + data.thin + pointed("0.01") + " %";
    return fixed(percent, percent < 1 ? 2 : 1) + " %";
  };
  const ratio = (part, whole) => (whole > 0 ? fixed(part / whole, 3) : data.missing);
  const threshold = (place) => fixed(data.threshold[place], Math.max(3, decimals(data.threshold[place])));
  const said = (key, ...values) => values.reduce((text, value, place) => text.replace("{" + place + "}", value), data.words[key]);

  const all = data.tp[0] + data.fn[0] + data.fp[0] + data.tn[0];
  const positive = data.tp[0] + data.fn[0];
  const range = at("threshold");
  let costs = data.costs;
  let lowest = 0;
  let waiting = 0;
  const cost = (place) => data.fn[place] * costs[0] + data.fp[place] * costs[1];

  const state = (place) => {
    const [tp, fn, fp, tn] = [data.tp[place], data.fn[place], data.fp[place], data.tn[place]];
    return {
      tp: count(tp), fn: count(fn), fp: count(fp), tn: count(tn),
      threshold: threshold(place),
      share: share((tp + fp) / all),
      precision: ratio(tp, tp + fp),
      recall: ratio(tp, positive),
      f1: ratio(2 * tp, tp + fp + positive),
      total: number(cost(place)),
      thousand: number((1000 * cost(place)) / all),
      alike: number((1000 * Math.min(positive * costs[0], (all - positive) * costs[1])) / all),
    };
  };

  const show = () => {
    const place = Number(range.value);
    const now = state(place);
    for (const cell of live.querySelectorAll("[data-n]")) cell.textContent = now[cell.dataset.n];
    at("now").textContent = now.threshold;
    range.setAttribute("aria-valuetext", now.threshold);
    at("here").setAttribute("x1", place);
    at("here").setAttribute("x2", place);
    clearTimeout(waiting); // said once the hand rests, not at every step
    waiting = setTimeout(() => {
      at("live").textContent = said("cut-slider-live", now.threshold, now.fn, now.fp, now.thousand);
    }, 300);
  };

  const draw = () => {
    const all_costs = data.threshold.map((_, place) => cost(place));
    lowest = all_costs.indexOf(Math.min(...all_costs));
    const most = Math.max(...all_costs) || 1;
    const points = all_costs.map((value, place) => place + "," + (38 - (36 * value) / most).toFixed(2));
    at("line").setAttribute("points", points.join(" "));
    at("lowest").setAttribute("x1", lowest);
    at("lowest").setAttribute("x2", lowest);
    const y = (38 - (36 * all_costs[lowest]) / most).toFixed(2);
    at("lowest").setAttribute("y1", y);
    at("lowest").setAttribute("y2", y);
    at("lowest-text").textContent = said("cut-slider-lowest-at", threshold(lowest), number((1000 * all_costs[lowest]) / all));
  };

  const fields = [at("fn"), at("fp")];
  const priced = () => {
    const read = fields.map((field) => (field.value.trim() === "" ? NaN : Number(field.value)));
    const good = read.map((value) => Number.isFinite(value) && value >= 0);
    fields.forEach((field, place) => field.setAttribute("aria-invalid", String(!good[place])));
    if (!good.every(Boolean)) {
      at("lowest-text").textContent = said("cut-slider-bad");
      return;
    }
    costs = read;
    draw();
    show();
  };

  const go = (place) => {
    range.value = String(place);
    show();
  };
  range.addEventListener("input", show);
  fields.forEach((field) => field.addEventListener("input", priced));
  at("to-lowest").addEventListener("click", () => go(lowest));
  at("to-chosen").addEventListener("click", () => go(data.chosen));
  range.value = String(data.chosen); // a browser may bring back where the slider stood
  fields.forEach((field, place) => { field.value = String(data.costs[place]); });
  draw();
  show();
  clearTimeout(waiting); // nothing has moved yet
})();
