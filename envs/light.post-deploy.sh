# Written by envs/pin.py. Links the library into the environment; workflow/rules/common.smk says where it lies.
packages=$(python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
ln -sfn "$TEMPERANCE_LIBRARY/temperance" "$packages/temperance"
