"""`native-arm64-android`: our own kernel as a static C library for Android on 64-bit Arm, and a runner."""

from dataclasses import replace

from arllie_deploy.export.native.machine import android_problem
from arllie_deploy.export.targets import native_arm64_linux

ROW = replace(native_arm64_linux.ROW, name="native-arm64-android", problem=android_problem)
