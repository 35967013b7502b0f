namespace SyncModule.Engine.Storage;

/// <summary>The machine's id and its boot's id, from the operating system.</summary>
internal static class MachineIdentity
{
    private static readonly Lazy<string> Machine = new(ReadMachineId);
    private static readonly Lazy<string> Boot = new(ReadBootId);

    /// <summary>Stays over boots, differs between machines; "none" where the system keeps none (some containers).</summary>
    public static string MachineId => Machine.Value;

    /// <summary>Differs after every boot.</summary>
    public static string BootId => Boot.Value;

    private static string ReadMachineId()
    {
        string id = "";
        if (OperatingSystem.IsMacOS()) id = Libc.HostUuid();
        else if (OperatingSystem.IsWindows()) id = WindowsDisk.RegistryText(@"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Cryptography", "MachineGuid");
        else id = FirstLine("/etc/machine-id") is { Length: > 0 } own ? own : FirstLine("/var/lib/dbus/machine-id");
        return id.Length > 0 ? id : "none";
    }

    private static string ReadBootId()
    {
        if (OperatingSystem.IsMacOS()) return Libc.SysctlText("kern.bootsessionuuid");
        if (OperatingSystem.IsWindows())
        {
            return WindowsDisk.RegistryText(@"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management\PrefetchParameters", "BootId");
        }

        return FirstLine("/proc/sys/kernel/random/boot_id");
    }

    private static string FirstLine(string path)
    {
        try
        {
            return File.ReadLines(path).FirstOrDefault() ?? "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
