/* Which update this processor can run. */
#include "update.h"

size_t fm_update_choices(fm_update_choice choice[FM_UPDATE_CHOICES_MAX])
{
    choice[0] =
        (fm_update_choice){"baseline", fm_update_baseline, fm_explain_baseline, true};
#ifdef __x86_64__
    bool avx512 =
        __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
    choice[1] = (fm_update_choice){"AVX2", fm_update_avx2, fm_explain_avx2,
                                   __builtin_cpu_supports("avx2") != 0};
    choice[2] =
        (fm_update_choice){"AVX-512", fm_update_avx512, fm_explain_avx512, avx512};
    return 3;
#else
    return 1;
#endif
}

fm_update_choice fm_update_best(void)
{
    fm_update_choice choice[FM_UPDATE_CHOICES_MAX];
    size_t n = fm_update_choices(choice);
    while (!choice[n - 1].runs_here) {
        n--;
    }
    return choice[n - 1];
}
