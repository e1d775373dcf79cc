// Gibbs sweeps of Potts chains; a block takes its chains through all sweeps of a call without a block-wide barrier.
//
// Couplings lie in device memory as slabs (site, source site, source state, state): 16-bit multiples of a unit in which
// the sum of eight rows does not overflow, two of them as one 32-bit number 2^16 y + x; or single precision. The last
// warp of a block streams the slabs, site after site, through a ring of STAGES chunks of CHUNK source sites in shared
// memory. The other warps hold the chains. A chain has LANES threads, STATES states each, SPLIT times: its threads add,
// of their share of the source sites, the row of the state that each is in, and draw the site's new state together.
//
// Defined by the caller: Q states; STATES of a thread (4 or 8); LANES = Q / STATES rounded up; SPLIT, a power of two;
// CHUNK, a multiple of eight or a part of it; STAGES; WARPS that hold chains; SINGLE (1: slabs are single precision).
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

#define HOPPER (__CUDA_ARCH__ >= 900)
#if SINGLE
typedef float Cell;
#else
typedef short Cell;
#endif
constexpr int ROW = STATES * LANES, TEAM = LANES * SPLIT;
constexpr int CHAINS_PER_WARP = 32 / TEAM, CHAINS_PER_BLOCK = WARPS * CHAINS_PER_WARP;
// Rows that are added before their sums are widened are a group.
constexpr int GROUP = CHUNK < 8 ? CHUNK : 8;
constexpr int ROW_BYTES = ROW * sizeof(Cell), SOURCE_BYTES = Q * ROW_BYTES;
// Threads that share a chain's sources read different groups at once: narrow ones start in different banks.
constexpr int PAD_BYTES = STATES == 4 ? (SOURCE_BYTES + 15) / 16 * 16 : 0;
constexpr int GROUP_BYTES = GROUP * SOURCE_BYTES + PAD_BYTES, CHUNK_BYTES = CHUNK / GROUP * GROUP_BYTES;
// Many warps hide latencies from each other, and have few registers each.
constexpr bool CROWDED = WARPS > (__CUDA_ARCH__ >= 1200 ? 11 : 15);
constexpr int GROUPS_AT_ONCE = CROWDED ? 1 : 2;
constexpr float FORBIDDEN = -1e30f;

// ---------------------------------------------------------------- barriers in shared memory, and copies to it

__device__ __forceinline__ u32 shared_address(const void* pointer) { return (u32)__cvta_generic_to_shared(pointer); }

__device__ __forceinline__ void barrier_init(u32 barrier, u32 arrivals) {
  asm volatile("mbarrier.init.shared.b64 [%0], %1;" ::"r"(barrier), "r"(arrivals) : "memory");
}

__device__ __forceinline__ void barrier_arrive(u32 barrier) {
  asm volatile("mbarrier.arrive.shared.b64 _, [%0];" ::"r"(barrier) : "memory");
}

__device__ __forceinline__ void barrier_wait(u32 barrier, u32 parity) {
#if HOPPER
  asm volatile(
      "{\n.reg .pred done;\nTRY_%=:\nmbarrier.try_wait.parity.shared::cta.b64 done, [%0], %1;\n"
      "@done bra END_%=;\nbra TRY_%=;\nEND_%=:\n}" ::"r"(barrier), "r"(parity) : "memory");
#else
  asm volatile(
      "{\n.reg .pred done;\nTRY_%=:\nmbarrier.test_wait.parity.shared.b64 done, [%0], %1;\n"
      "@done bra END_%=;\nbra TRY_%=;\nEND_%=:\n}" ::"r"(barrier), "r"(parity) : "memory");
#endif
}

#if HOPPER
__device__ __forceinline__ void barrier_expect(u32 barrier, u32 bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier), "r"(bytes) : "memory");
}

__device__ __forceinline__ void bulk_copy(u32 to, const void* from, u32 bytes, u32 barrier) {
  asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(to),
               "l"(from), "r"(bytes), "r"(barrier)
               : "memory");
}
#else
__device__ __forceinline__ void copy_16_bytes(u32 to, const void* from) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(to), "l"(from) : "memory");
}

__device__ __forceinline__ void arrive_when_copied(u32 barrier) {
  asm volatile("cp.async.mbarrier.arrive.noinc.shared.b64 [%0];" ::"r"(barrier) : "memory");
}
#endif

// A place in the ring, and how often the ring went round.
struct Place {
  int stage;
  u32 parity;
  __device__ __forceinline__ void advance() {
    if (++stage == STAGES) stage = 0, parity ^= 1;
  }
};

// ---------------------------------------------------------------- one update

// A number in [0, 1): Threefry-2x32 of 20 rounds (Salmon et al., SC 2011). Not all of 1, however a product is rounded.
__device__ __forceinline__ float uniform(u32 key, u32 other_key, u32 counter, u32 chain) {
  const u32 keys[3] = {key, other_key, key ^ other_key ^ 0x1BD11BDAu};
  u32 left = counter + key, right = chain + other_key;
#pragma unroll
  for (int group = 0; group < 5; group++) {
#pragma unroll
    for (int round = 0; round < 4; round++) {
      constexpr int turns[2][4] = {{13, 15, 26, 6}, {17, 29, 16, 24}};
      left += right;
      right = __funnelshift_l(right, right, turns[group & 1][round]) ^ left;
    }
    left += keys[(group + 1) % 3];
    right += keys[(group + 2) % 3] + group + 1;
  }
  return (float)(left >> 8) * (0x1p-24f - 0x1p-47f);
}

#if SINGLE
typedef float Sum;
__device__ __forceinline__ void add_rows(Sum (&sums)[STATES], const u8* rows, const u8* states) {
#pragma unroll
  for (int k = 0; k < GROUP; k++) {
    const float4* row = (const float4*)(rows + k * SOURCE_BYTES + states[k] * ROW_BYTES);
#pragma unroll
    for (int n = 0; n < STATES / 4; n++) {
      const float4 four = row[n];
      sums[4 * n] += four.x, sums[4 * n + 1] += four.y, sums[4 * n + 2] += four.z, sums[4 * n + 3] += four.w;
    }
  }
}
#else
typedef int Sum;
// Numbers 2^16 y + x are added, which adds both; x is what the lower half says with its sign.
__device__ __forceinline__ void add_rows(Sum (&sums)[STATES], const u8* rows, const u8* states) {
  u32 pairs[STATES / 2] = {};
#if CHUNK >= 8
  const uint2 eight = *(const uint2*)states;
#endif
#pragma unroll
  for (int k = 0; k < GROUP; k++) {
#if CHUNK >= 8
    const u32 state = __byte_perm(k < 4 ? eight.x : eight.y, 0, 0x4440 | (k & 3));
#else
    const u32 state = states[k];
#endif
    const u8* at = rows + k * SOURCE_BYTES + state * ROW_BYTES;
#if STATES == 4
    const uint2 row = *(const uint2*)at;
#else
    const uint4 row = *(const uint4*)at;
    pairs[2] += row.z, pairs[3] += row.w;
#endif
    pairs[0] += row.x, pairs[1] += row.y;
  }
#pragma unroll
  for (int j = 0; j < STATES / 2; j++) {
    const int low = (short)(pairs[j] & 0xffff);
    sums[2 * j] += low;
    sums[2 * j + 1] += ((int)(pairs[j] - low)) >> 16;
  }
}
#endif

__device__ __forceinline__ void load_fields(float (&fields)[STATES], const float* from) {
#pragma unroll
  for (int n = 0; n < STATES / 4; n++) {
    const float4 four = ((const float4*)from)[n];
    fields[4 * n] = four.x, fields[4 * n + 1] = four.y, fields[4 * n + 2] = four.z, fields[4 * n + 3] = four.w;
  }
}

// The threads of a chain within their warp: the first of them, and which of them this is.
struct Team {
  int first, member;
  __device__ __forceinline__ int part() const { return member % LANES; }  // of the states
  __device__ __forceinline__ int share() const { return member / LANES; }  // of the source sites
  template <typename T>
  __device__ __forceinline__ T from(T value, int other) const { return __shfl_sync(~0u, value, first + other); }
};

// Sums over all source sites: in the same order for all threads of a chain.
__device__ __forceinline__ void add_shares(Sum (&sums)[STATES], const Team& team) {
#pragma unroll
  for (int hop = 1; hop < SPLIT; hop *= 2) {
    const int partner = (team.share() ^ hop) * LANES + team.part();
#pragma unroll
    for (int j = 0; j < STATES; j++) sums[j] += team.from(sums[j], partner);
  }
}

// The state whose share of the distribution exp(logits) holds `share`. Cumulative sums are made in one order by all
// threads, so the last of them is the total and a state of no weight is never taken.
__device__ __forceinline__ int drawn_state(float (&logits)[STATES], float share, const Team& team) {
  float top = logits[0];
#pragma unroll
  for (int j = 1; j < STATES; j++) top = fmaxf(top, logits[j]);
  float highest = team.from(top, 0);
#pragma unroll
  for (int member = 1; member < LANES; member++) highest = fmaxf(highest, team.from(top, member));
  float weight = 0;
#pragma unroll
  for (int j = 0; j < STATES; j++) logits[j] = weight += exp2f((logits[j] - highest) * 1.4426950408889634f);
  float before = 0, total = 0;
#pragma unroll
  for (int member = 0; member < LANES; member++) {
    if (member == team.part()) before = total;
    total += team.from(weight, member);
  }
  const float mark = share * total;
  int passed = 0, state = 0;
#pragma unroll
  for (int j = 0; j < STATES; j++) passed += before + logits[j] <= mark;
#pragma unroll
  for (int member = 0; member < LANES; member++) state += team.from(passed, member);
  return min(state, Q - 1);
}

// ---------------------------------------------------------------- the two kinds of warps

// Copy the slabs of all updates into the ring, chunk by chunk, whenever their places are free.
__device__ __forceinline__ void stream_slabs(const Cell* slabs, u8* ring, u32 full, u32 empty, int updates, int length,
                                             int sources) {
  const int lane = threadIdx.x & 31;
  const u64 slab_bytes = (u64)(sources / GROUP) * GROUP_BYTES;
  Place place = {0, 1};  // of an odd time round: the first time, places are free
#pragma unroll 1
  for (int update = 0, site = 0; update < updates; update++, site = site + 1 == length ? 0 : site + 1) {
    const u8* slab = (const u8*)slabs + site * slab_bytes;
#pragma unroll 1
    for (int start = 0; start < sources; start += CHUNK, place.advance()) {
      const u32 bytes = min(CHUNK, sources - start) / GROUP * GROUP_BYTES;
      const u32 to = shared_address(ring + place.stage * CHUNK_BYTES);
      const u8* from = slab + (u64)(start / GROUP) * GROUP_BYTES;
      barrier_wait(empty + 8 * place.stage, place.parity);
#if HOPPER
      if (lane == 0) {
        barrier_expect(full + 8 * place.stage, bytes);
        bulk_copy(to, from, bytes, full + 8 * place.stage);
      }
#else
      for (u32 at = 16 * lane; at < bytes; at += 16 * 32) copy_16_bytes(to + at, from + at);
      arrive_when_copied(full + 8 * place.stage);
#endif
    }
  }
}

extern "C" __global__ void
__launch_bounds__(32 * (WARPS + 1), 1)
sweep(const Cell* __restrict__ slabs, const float* __restrict__ fields, const u8* __restrict__ chains,
      const float* __restrict__ betas, const float* __restrict__ unit, const u32* __restrict__ key,
      const int* __restrict__ sweeps, u8* __restrict__ swept, long long count, long long length) {
  extern __shared__ __align__(128) u8 memory[];
  const int L = (int)length, sources = (L + 7) / 8 * 8, warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  // Rows of states start in different banks.
  const int pitch = sources % 16 ? sources : sources + 8;
  u8 *ring = memory, *states = memory + STAGES * CHUNK_BYTES;
  const u32 full = shared_address(states + (CHAINS_PER_BLOCK * pitch + 15) / 16 * 16), empty = full + 8 * STAGES;
  // Of models that are swept at once.
  const u64 model = blockIdx.y;
  slabs += model * L * (sources / GROUP) * (GROUP_BYTES / sizeof(Cell));
  fields += model * L * ROW, chains += model * count * L, swept += model * count * L, betas += model * count;
  const float scale = unit[model];
  const u32 first_key = key[2 * model], second_key = key[2 * model + 1];
  const int updates = sweeps[model] * L;
  if (threadIdx.x == 0) {
    for (int stage = 0; stage < STAGES; stage++) {
      barrier_init(full + 8 * stage, HOPPER ? 1 : 32);
      barrier_init(empty + 8 * stage, WARPS);
    }
#if HOPPER
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
#endif
  }
  const int slot = warp * CHAINS_PER_WARP + min(lane / TEAM, CHAINS_PER_WARP - 1);
  const u32 chain = blockIdx.x * CHAINS_PER_BLOCK + slot;
  // Threads that are left over repeat what the last chain's do, and write nothing.
  const bool kept = warp < WARPS && lane < TEAM * CHAINS_PER_WARP && chain < count;
  const Team team = {min(lane / TEAM, CHAINS_PER_WARP - 1) * TEAM, lane % TEAM};
  u8* own = states + (warp < WARPS ? slot : 0) * pitch;
  if (warp < WARPS && lane < TEAM * CHAINS_PER_WARP)
#pragma unroll 1
    for (int i = team.member; i < sources; i += TEAM) own[i] = kept && i < L ? chains[(u64)chain * L + i] : 0;
  __syncthreads();
  if (warp == WARPS) {
    stream_slabs(slabs, ring, full, empty, updates, L, sources);
    return;
  }
  const float beta = kept ? betas[chain] : 1.0f;
  float shares = 0;
  Place place = {0, 0};
  for (int update = 0, site = 0, turn = 0; update < updates; update++, site = site + 1 == L ? 0 : site + 1) {
    Sum sums[STATES] = {};
    float logits[STATES];
    const float* own_fields = fields + site * ROW + STATES * team.part();
    if (!CROWDED) load_fields(logits, own_fields);
#pragma unroll 1
    for (int start = 0; start < sources; start += CHUNK, place.advance()) {
      barrier_wait(full + 8 * place.stage, place.parity);
      const u8* rows = ring + place.stage * CHUNK_BYTES + STATES * team.part() * (int)sizeof(Cell);
      const int groups = min(CHUNK, sources - start) / GROUP;
#pragma unroll(GROUPS_AT_ONCE)
      for (int group = team.share(); group < groups; group += SPLIT)
        add_rows(sums, rows + group * GROUP_BYTES, own + start + group * GROUP);
      __syncwarp();
      if (lane == 0) barrier_arrive(empty + 8 * place.stage);
    }
    add_shares(sums, team);
    if (CROWDED) load_fields(logits, own_fields);
#pragma unroll
    for (int j = 0; j < STATES; j++) {
      const float local = logits[j] + scale * sums[j];
      logits[j] = local > FORBIDDEN / 2 ? beta * local : -__int_as_float(0x7f800000);
    }
    // Each thread of a chain makes the number of one of the next TEAM updates.
    if (turn == 0) shares = uniform(first_key, second_key, update + team.member, chain);
    const int state = drawn_state(logits, team.from(shares, turn), team);
    if (++turn == TEAM) turn = 0;
    __syncwarp();
    if (team.member == 0 && lane < TEAM * CHAINS_PER_WARP) own[site] = (u8)state;
    __syncwarp();
  }
  if (kept)
#pragma unroll 1
    for (int i = team.member; i < L; i += TEAM) swept[(u64)chain * L + i] = own[i];
}
